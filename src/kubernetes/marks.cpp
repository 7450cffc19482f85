// Comments by codec/comments, annotations by their names.
#include "kubernetes/marks.hpp"

#include "codec/comments.hpp"
#include "codec/positions.hpp"

namespace psdl {
namespace {

constexpr std::string_view kIgnore = "psdl:ignore";
constexpr std::string_view kIgnoreAnnotation = "psdl.dev/ignore";
constexpr std::string_view kOriginAnnotation = "config.kubernetes.io/origin";

const Value* member(const Value* of, std::string_view name) {
  return of != nullptr && of->is_object() ? of->as_object().find_text(name) : nullptr;
}

const Value* annotation(const Value& root, std::string_view name) {
  const Value* found = member(member(member(&root, "metadata"), "annotations"), name);
  return found != nullptr && found->is_string() ? found : nullptr;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

template <class Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    each(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string rendered_from(const Document& document, const LeadLines& lead) {
  std::string source;
  constexpr std::string_view kSource = "# Source: ";
  each_line(lead.text, [&](std::string_view line) {
    if (line.starts_with(kSource)) source = trimmed(line.substr(kSource.size()));
  });
  const Value* origin = source.empty() ? annotation(document.root(), kOriginAnnotation) : nullptr;
  if (origin == nullptr) return source;
  // "path: base/web.yaml", perhaps with `repo:` and `ref:`; what a generator made says `configuredIn:`.
  for (const std::string_view key : {std::string_view("path: "), std::string_view("configuredIn: ")}) {
    each_line(origin->as_string(), [&](std::string_view line) {
      if (source.empty() && line.starts_with(key)) source = trimmed(line.substr(key.size()));
    });
  }
  return source;
}

std::vector<std::pair<std::string, std::string>> labels_of(const Value& root) {
  std::vector<std::pair<std::string, std::string>> labels;
  const Value* found = member(member(&root, "metadata"), "labels");
  if (found == nullptr || !found->is_object()) return labels;
  const Object& object = found->as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i) {
    if (object.values()[i].is_string())
      labels.emplace_back(object.keys()[i].as_string(), object.values()[i].as_string());
  }
  return labels;
}

std::vector<IgnoreMark> MarkReader::read(const Document& document, const LeadLines& lead) {
  const std::string_view text = document.text();
  if (!document.is_item()) is_known_ = false;
  if (!is_known_ || text.data() != text_ || text.size() != size_ || document.place().offset != offset_) {
    inline_.clear();
    const auto add = [&](const WordComment& comment) {
      inline_.push_back({Suppression::Kind::InlineMark, std::string(comment.text), std::string(document.place().stream),
                         comment.at.line, comment.at.column, comment.covers});
    };
    if (!document.is_item()) {
      for (const WordComment& comment : passed_comments_with(lead.text, lead.line, document.place().line, kIgnore))
        add(comment);
    }
    for (const WordComment& comment : comments_with(document, kIgnore)) add(comment);
    text_ = text.data();
    size_ = text.size();
    offset_ = document.place().offset;
    is_known_ = true;
  }
  std::vector<IgnoreMark> marks = inline_;
  const Value* wish = annotation(document.root(), kIgnoreAnnotation);
  if (wish == nullptr) return marks;
  const TextPoint at = locate(document, wish->origin()).whole.begin;
  each_line(wish->as_string(), [&](std::string_view line) {
    if (!line.empty())
      marks.push_back({Suppression::Kind::Annotation, std::string(line), std::string(document.place().stream), at.line,
                       at.column, 0});
  });
  return marks;
}

}  // namespace psdl
