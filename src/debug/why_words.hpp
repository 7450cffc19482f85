// Causes in words. In: what a WhyListener kept, the document that the rules saw; out: what is shown: places, values cut
// short, the key that was meant.
#pragma once

#include <string>
#include <string_view>

#include "codec/document.hpp"
#include "debug/why.hpp"
#include "psdl/tools/why.hpp"

namespace psdl::debug {

// document: null where there is none. `value`: of the rule that was asked for.
[[nodiscard]] tools::WhyAnswer describe(const Why& why, const Program& program, const DebugInfo& info,
                                        const Value& value, const Document* document, const tools::WhyOptions& options);

// A value as text of about `most` bytes.
[[nodiscard]] std::string short_value(const Value& value, std::size_t most);
// Where nodes of a document begin. One after the other, in the order of the text, they cost one look at the text
// together.
class NodePlaces {
 public:
  explicit NodePlaces(const Document& document);
  // No file where it is none of its nodes.
  [[nodiscard]] tools::WhyPlace place(std::uint32_t origin);

 private:
  void restart();

  const Document& document_;
  std::size_t at_ = 0;  // a byte of the text, ..
  TextPoint point_;     // .. and where that is in the stream
};
[[nodiscard]] tools::WhyPlace place_in_rules(Span span, const Program& program);
// The first line of a span's text.
[[nodiscard]] std::string first_line(Span span, const Program& program);
// `containers[0] "app"` for a part of a document, the value for anything else.
[[nodiscard]] std::string var_text(const Variable& var, const Document* document, std::size_t most);

}  // namespace psdl::debug
