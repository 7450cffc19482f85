// Problems that stand on their own. In: diagnostics with their sources, read errors; out: texts and places that need neither any more.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/source.hpp"
#include "codec/document.hpp"
#include "psdl/psdl.hpp"

namespace psdl {

// A range of a text and the line it begins in. Lines and columns from 1, columns in code points; line 0: no place, only a file.
struct ShownPlace {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_column = 0;    // of the first line; 0: to its end
  // As OPA counts: a line end belongs to column 0 of the line after it, the end of the text has the place of its last character.
  std::uint32_t opa_row = 0;
  std::uint32_t opa_column = 0;
  std::string line_text;
  std::uint32_t line_text_from = 1;
};

struct ShownLabel {
  ShownPlace place;
  std::string text;
};

struct Problem {
  std::string code;
  std::string message;
  Severity severity = Severity::Error;
  bool beyond_opa = false;
  ShownPlace place;
  std::string label;
  std::vector<ShownLabel> related;
  std::vector<std::string> notes;
  std::vector<std::string> help;
};

struct DiagnosticList::Impl {
  std::vector<Problem> items;

  // `sources[n]` is what Span::source n means; a span beyond them has no place.
  void add(const Diagnostic& diagnostic, std::span<const Source* const> sources);
  void add(const Diagnostics& diagnostics, std::span<const Source* const> sources);
  void add(const ReadError& error);
};

[[nodiscard]] ShownPlace shown_place(Span span, std::span<const Source* const> sources);

// Of a long line the part around the column (code points, from 1) that is worth keeping; `from` is the column of its first character.
[[nodiscard]] std::string line_window(std::string_view line, std::uint32_t column, std::uint32_t& from);

}  // namespace psdl
