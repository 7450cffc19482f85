// Spans looked up in their sources; the public DiagnosticList over the result.
#include "runtime/problem.hpp"

#include <algorithm>

namespace psdl {
namespace {

constexpr std::size_t kWindowBefore = 200;  // code points kept before a place
constexpr std::size_t kWindow = 600;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The byte at which the code point with this index begins.
std::size_t byte_of(std::string_view text, std::size_t code_point, std::size_t from_byte = 0) {
  std::size_t at = from_byte;
  while (at < text.size() && code_point > 0) {
    ++at;
    while (at < text.size() && is_continuation(text[at])) ++at;
    --code_point;
  }
  return at;
}

}  // namespace

std::string line_window(std::string_view line, std::uint32_t column, std::uint32_t& from) {
  from = 1;
  if (line.size() <= kWindow) return std::string(line);
  const std::size_t index = column > 0 ? column - 1 : 0;
  const std::size_t first = index > kWindowBefore ? index - kWindowBefore : 0;
  const std::size_t begin = byte_of(line, first);
  const std::size_t end = byte_of(line, kWindow, begin);
  from = static_cast<std::uint32_t>(first) + 1;
  return std::string(line.substr(begin, end - begin));
}

ShownPlace shown_place(Span span, std::span<const Source* const> sources) {
  ShownPlace place;
  if (span.source >= sources.size() || sources[span.source] == nullptr) return place;
  const Source& source = *sources[span.source];
  place.file = source.name();
  if (span.begin == UINT32_MAX) return place;  // the parser's "nowhere": row and column 0
  const auto size = static_cast<std::uint32_t>(source.text().size());
  const std::uint32_t begin = std::min(span.begin, size);
  const LineColumn at = source.line_column(begin);
  place.line = at.line;
  place.column = at.column;
  place.opa_row = at.line;
  place.opa_column = at.column;
  if (begin >= size && size > 0) {
    place.opa_column = source.text().back() == '\n' ? 0 : at.column - 1;
  } else if (begin < size && source.text()[begin] == '\n') {
    place.opa_row = at.line + 1;
    place.opa_column = 0;
  }
  const LineColumn end = source.line_column(std::min(std::max(span.end, begin), size));
  place.end_column = end.line == at.line ? end.column : 0;
  place.line_text = line_window(source.line(at.line), at.column, place.line_text_from);
  return place;
}

void DiagnosticList::Impl::add(const Diagnostic& diagnostic, std::span<const Source* const> sources) {
  Problem problem;
  problem.code = diagnostic.code;
  problem.message = diagnostic.message;
  problem.severity = diagnostic.severity;
  problem.beyond_opa = diagnostic.beyond_opa;
  problem.place = shown_place(diagnostic.span, sources);
  problem.label = diagnostic.label;
  for (const Label& label : diagnostic.related) problem.related.push_back({shown_place(label.span, sources), label.text});
  problem.notes = diagnostic.notes;
  problem.help = diagnostic.help;
  items.push_back(std::move(problem));
}

void DiagnosticList::Impl::add(const Diagnostics& diagnostics, std::span<const Source* const> sources) {
  for (const Diagnostic& diagnostic : diagnostics.all()) add(diagnostic, sources);
}

void DiagnosticList::Impl::add(const ReadError& error) {
  const auto place_of = [&](const TextRange& range, const std::string& line_text, std::uint32_t from) {
    ShownPlace place;
    place.file = error.file;
    place.line = range.begin.line;
    place.column = range.begin.column;
    place.opa_row = range.begin.line;
    place.opa_column = range.begin.column;
    place.end_column = range.end.line == range.begin.line ? range.end.column : 0;
    place.line_text = line_text;
    place.line_text_from = from;
    return place;
  };
  Problem problem;
  problem.code = error.code;
  problem.message = error.message;
  problem.place = place_of(error.range, error.line_text, error.line_text_column);
  for (const ReadNote& note : error.notes) problem.related.push_back({place_of(note.range, note.line_text, 1), note.text});
  problem.help = error.help;
  items.push_back(std::move(problem));
}

DiagnosticList::DiagnosticList() : impl_(std::make_unique<Impl>()) {}
DiagnosticList::~DiagnosticList() = default;
DiagnosticList::DiagnosticList(DiagnosticList&& other) noexcept = default;
DiagnosticList& DiagnosticList::operator=(DiagnosticList&& other) noexcept = default;
DiagnosticList::DiagnosticList(const DiagnosticList& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
DiagnosticList& DiagnosticList::operator=(const DiagnosticList& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}

std::size_t DiagnosticList::size() const { return impl_->items.size(); }
std::size_t DiagnosticList::error_count() const {
  return static_cast<std::size_t>(std::count_if(impl_->items.begin(), impl_->items.end(), [](const Problem& p) { return p.severity == Severity::Error; }));
}
bool DiagnosticList::has_errors() const { return error_count() > 0; }

DiagnosticView DiagnosticList::operator[](std::size_t index) const {
  const Problem& problem = impl_->items[index];
  return {problem.code, problem.message, problem.place.file, problem.place.line, problem.place.column, problem.severity == Severity::Error};
}

void DiagnosticList::add_error(std::string_view code, std::string_view message, std::string_view file, std::string_view help) {
  Problem problem;
  problem.code = code;
  problem.message = message;
  problem.place.file = file;
  if (!help.empty()) problem.help.emplace_back(help);
  impl_->items.push_back(std::move(problem));
}

void DiagnosticList::add_warning(std::string_view code, std::string_view message, std::string_view file, std::string_view help) {
  add_error(code, message, file, help);
  impl_->items.back().severity = Severity::Warning;
  impl_->items.back().beyond_opa = true;
}

void DiagnosticList::append(const DiagnosticList& other) {
  impl_->items.insert(impl_->items.end(), other.impl_->items.begin(), other.impl_->items.end());
}

}  // namespace psdl
