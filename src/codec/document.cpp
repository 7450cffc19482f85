// Names and views of documents.
#include "codec/document.hpp"

#include <fmt/format.h>

namespace psdl {

std::string ReadError::one_line() const {
  std::string out;
  if (!file.empty()) out = file + ":";
  if (range.begin.line > 0) out += fmt::format("{}:{}: ", range.begin.line, range.begin.column);
  return out + code + ": " + message;
}

std::string Document::name(bool several) const {
  std::string out(place_.stream);
  if (several || is_item()) out += fmt::format("#{}", place_.ordinal);
  out += items_path_;
  return out;
}

Document Document::part(const Value& root, std::string_view items_path, std::string_view root_pointer) const {
  Document item(nullptr, {root, format_, text_, first_origin_, node_count_, node_starts_, rules_}, key_table_, place_);
  item.items_path_ = items_path;
  item.root_pointer_ = root_pointer;
  item.text_base_ = text_base_;
  return item;
}

void Document::narrow(const Stretch& stretch) {
  node_starts_ += stretch.first_origin - first_origin_;
  first_origin_ = stretch.first_origin;
  node_count_ = stretch.node_count;
  text_ = text_.substr(stretch.begin, stretch.end - stretch.begin);
  text_base_ += stretch.begin;
  place_ = stretch.place;
  root_pointer_ = stretch.root_pointer;
}

}  // namespace psdl
