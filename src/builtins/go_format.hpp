// Go's fmt.Sprintf for the four kinds of operands that OPA gives it. In: a format and an array of values; out: a text.
#pragma once

#include <span>
#include <string_view>

#include "builtins/text_sink.hpp"

namespace psdl {

// Numbers go in as int64, *big.Int or float64, strings as they are, everything else as its Rego text. Wrong verbs, missing and extra operands
// are shown in the text as Go shows them (`%!d(string=a)`). False where a width or precision is beyond the limit, which is recorded then.
[[nodiscard]] bool go_format(CallContext& context, std::string_view format, std::span<const Value> values, TextSink& out);

}  // namespace psdl
