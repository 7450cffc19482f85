// A finding as text: what is wrong, where, in which object, and the lines that show it.
#include <fmt/format.h>

#include "report/display.hpp"
#include "report/findings.hpp"
#include "report/snippet.hpp"

namespace psdl::report {
namespace {

struct Word {
  std::string_view text;
  Paint paint;
};

Word word_for(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return {"error", Paint::Red};
    case FindingSeverity::Warning: return {"warning", Paint::Yellow};
    case FindingSeverity::Note: return {"note", Paint::Cyan};
  }
  return {"error", Paint::Red};
}

// "Deployment shop/web"; empty where the document says neither kind nor name.
std::string object_text(const ObjectIdentity& object) {
  std::string text = object.kind;
  if (!object.name.empty()) {
    if (!text.empty()) text += ' ';
    if (!object.namespace_name.empty()) text += object.namespace_name + '/';
    text += object.name;
  }
  if (object.is_unknown_kind) text += text.empty() ? "unknown kind" : ", unknown kind";
  return text;
}

std::string escaped(std::string_view text, const tools::TextStyle& style) {
  std::string out;
  append_escaped(out, style.most_message_bytes > 0 ? cut(text, style.most_message_bytes) : std::string(text), style.ascii);
  return out;
}

std::string place_of(const Location& location, const tools::TextStyle& style) {
  std::string text = escaped(location.file, style);
  if (location.line > 0) text += fmt::format(":{}:{}", location.line, location.column);
  return text;
}

std::string heading(const Finding& finding, const tools::TextStyle& style) {
  return fmt::format("{}[{}]", word_for(finding.severity).text, escaped(finding.rule, style));
}

std::string label_for(const Finding& finding) {
  switch (finding.location.precision) {
    case Precision::Exact: return {};
    case Precision::Parent: return finding.missing.empty() ? "something is missing here" : fmt::format("`{}` is missing here", finding.missing);
    case Precision::Container: return "somewhere in this container";
    case Precision::Object: return "somewhere in this object";
    case Precision::File: return {};
  }
  return {};
}

Mark mark_of(const Location& location, std::string label, bool is_primary) {
  const std::uint32_t end = location.end_line == location.line ? location.end_column : 0;
  return {location.line, location.column, end, std::move(label), is_primary, location.line_text, location.line_text_from};
}

}  // namespace

void append_finding(std::string& out, const Finding& finding, const tools::TextStyle& style) {
  const Word word = word_for(finding.severity);
  append_painted(out, heading(finding, style), word.paint, style);
  append_painted(out, ": " + escaped(finding.message, style), Paint::Bold, style);
  out += '\n';

  std::string remark = escaped(object_text(finding.object), style);
  if (!finding.container.empty()) remark += fmt::format("{}container \"{}\"", remark.empty() ? "" : ", ", escaped(finding.container, style));
  if (!finding.object.source.empty()) remark += fmt::format("{}from {}", remark.empty() ? "" : ", ", escaped(finding.object.source, style));
  std::vector<Mark> marks;
  if (finding.location.line > 0) {
    marks.push_back(mark_of(finding.location, label_for(finding), true));
    for (const RelatedPlace& place : finding.related) {
      if (place.location.file == finding.location.file && !place.label.empty()) marks.push_back(mark_of(place.location, place.label, false));
    }
  }
  const std::size_t gutter = append_snippet(out, place_of(finding.location, style), remark, std::move(marks), word.paint, style);
  if (finding.location.line > 0) {
    out.append(gutter + 1, ' ');
    append_painted(out, "|", Paint::Blue, style);
    out += '\n';
  }
  std::string note = finding.title.empty() ? std::string() : finding.title + "; ";
  note += fmt::format("rule `{}`", finding.entry_point);
  if (!finding.source_file.empty()) note += fmt::format(" at {}:{}", finding.source_file, finding.source_line);
  append_note(out, gutter, "note", note, style);
  if (!finding.details_json.empty()) append_note(out, gutter, "details", escaped(finding.details_json, style), style);
  out += '\n';
}

void append_finding_short(std::string& out, const Finding& finding, const tools::TextStyle& style) {
  out += place_of(finding.location, style) + ": " + heading(finding, style) + ": " + escaped(finding.message, style);
  const std::string object = escaped(object_text(finding.object), style);
  if (!object.empty()) out += fmt::format(" ({})", object);
  out += '\n';
}

}  // namespace psdl::report
