// Ranges of a document's text made fit for showing.
#include "gatekeeper/place.hpp"

#include "codec/positions.hpp"

namespace psdl::gatekeeper {
namespace {

ShownPlace shown(const Object& object, const TextPoint& begin, const TextPoint& end) {
  ShownPlace place;
  place.file = object.file();
  place.line = begin.line;
  place.column = begin.column;
  place.opa_row = begin.line;
  place.opa_column = begin.column;
  place.end_column = end.line == begin.line ? end.column : 0;
  place.line_text = line_window(line_of(object.document(), begin.offset), begin.column, place.line_text_from);
  return place;
}

}  // namespace

ShownPlace place_of(const Object& object, std::uint32_t origin) {
  const Document& document = object.document();
  NodePlace node = locate(document, document.has_node(origin) ? origin : document.root().origin());
  if (!node.is_found) {
    ShownPlace place;
    place.file = object.file();
    return place;
  }
  // Of a field whose value is of several lines the key alone is shown.
  const bool is_one_line = node.whole.begin.line == node.whole.end.line;
  return shown(object, node.whole.begin, is_one_line || node.key.is_empty() ? node.whole.end : node.key.end);
}

ShownPlace place_in(const Object& object, const ScalarPlace& scalar, std::size_t begin, std::size_t end) {
  return shown(object, scalar.at(begin), scalar.at(end));
}

Problem problem_at(const Object& object, std::uint32_t origin, std::string_view code, std::string message) {
  Problem problem;
  problem.code = std::string(code);
  problem.message = std::move(message);
  problem.place = place_of(object, origin);
  return problem;
}

Problem problem_in(std::string_view file, std::string_view code, std::string message) {
  Problem problem;
  problem.code = code;
  problem.message = std::move(message);
  problem.place.file = file;
  return problem;
}

Refusal refuse(const Object& object, std::uint32_t origin, std::string_view code, std::string text,
               std::string message) {
  Refusal refusal;
  if (message.empty()) message = text;
  refusal.text = std::move(text);
  refusal.problems.push_back(problem_at(object, origin, code, std::move(message)));
  return refusal;
}

}  // namespace psdl::gatekeeper
