// Parse errors in words. In: a diagnostic with OPA's message; out: what was expected there and what to do, beside the message.
#include "syntax/explain.hpp"

#include <array>
#include <string_view>

namespace psdl::parsing {
namespace {

struct Row {
  std::string_view part;   // of the message
  std::string_view label;  // what is wrong at the place
  std::string_view help;   // what to do; may be empty
};

// The first row whose part is in the message counts, so the more special ones come first.
constexpr std::array kRows = {
    Row{"expected \\n or ; or", "the expression before this ends here: expected a line end, `;` or the end of the body", "put each expression on its own line, or `;` between them"},
    Row{"`if` keyword is required", "a body needs `if` before it", "write `p if { .. }`"},
    Row{"`contains` keyword is required", "a rule that collects a set needs `contains`", "write `p contains x if { .. }`"},
    Row{"must have value assignment", "a rule needs a value or a body", "write `p := value` or `p if { .. }`"},
    Row{"cannot be used for rule name", "a rule was expected here: a name with a value or a body", "write `name := value`, `name if { .. }` or `name contains value if { .. }`"},
    Row{"cannot be used for rule head", "a rule was expected here: a name with a value or a body", "write `name := value`, `name if { .. }` or `name contains value if { .. }`"},
    Row{"package expected", "a module begins with its package", "write `package name` on the first line"},
    Row{"empty module", "", "write `package name`, then rules"},
    Row{"expected path", "expected a name such as `a.b`", ""},
    Row{"unexpected import path, must begin", "only `data`, `input`, `rego` and `future.keywords` can be imported", ""},
    Row{"expected rule key term", "expected the value that the set contains", "write `name contains value`"},
    Row{"value term (e.g.", "expected a value after the sign", ""},
    Row{"expected rule head name", "expected the name of a rule", ""},
    Row{"expected else value", "expected a value or a body after `else`", "write `else := value` or `else := value if { .. }`"},
    Row{"else keyword cannot be used", "`else` is for rules with one value", ""},
    Row{"found empty body", "expected at least one expression between the braces", "write `true` for a body that always holds"},
    Row{"non-terminated string", "this string is not closed", "close it with the quote it began with; only strings in backquotes go over several lines"},
    Row{"illegal escape sequence", "a backslash in quotes begins an escape: \\\\ \\\" \\/ \\b \\f \\n \\r \\t \\uXXXX", "write patterns in backquotes, where a backslash is just that"},
    Row{"illegal token", "no token begins like this", ""},
    Row{"non-terminated set", "expected `,`, `:` or `}` after this value", ""},
    Row{"non-terminated object", "expected `,` or `}` after this value", ""},
    Row{"non-terminated expression", "expected `)`", ""},
    Row{"missing body", "expected `{` and the body of `every`", "write `every x in xs { .. }`"},
    Row{"in xs` expression", "expected `x in xs`", ""},
    Row{"expected number without leading zero", "numbers begin with a digit from 1 to 9, or are 0", ""},
    Row{"illegal number format", "this is neither a number nor a name", ""},
    Row{"illegal default rule", "a default value is a constant: no variables, refs or calls", ""},
    Row{"expected identifier", "expected a name after the point", "write `[\"..\"]` for keys that are no names"},
    Row{"expected [", "expected `]`", ""},
    Row{"unexpected eof token", "the text ends here, but a value, a variable or a call was expected", "is a bracket, a brace or a quote left open above?"},
    Row{"unexpected } token", "expected a value, a variable or a call before `}`", ""},
    Row{"unexpected ] token", "expected a value, a variable or a call before `]`", ""},
    Row{"unexpected ) token", "expected a value, a variable or a call before `)`", ""},
    Row{"keyword", "a keyword cannot stand here", ""},
    Row{"unexpected", "expected a value, a variable or a call", ""},
};

}  // namespace

void explain(Diagnostic& diagnostic) {
  for (const Row& row : kRows) {
    if (diagnostic.message.find(row.part) == std::string::npos) continue;
    if (diagnostic.label.empty()) diagnostic.label = row.label;
    if (diagnostic.help.empty() && !row.help.empty()) diagnostic.help.emplace_back(row.help);
    return;
  }
}

}  // namespace psdl::parsing
