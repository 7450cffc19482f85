// All builtins by name. In: a name; out: its row, or why PSDL leaves it out.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "builtins/builtin.hpp"

namespace psdl {

// The rows of every family, sorted by name; the position is the number that bytecode uses within one build.
[[nodiscard]] std::span<const Builtin* const> all_builtins();
// Null where there is none.
[[nodiscard]] const Builtin* find_builtin(std::string_view name);

// A builtin that OPA has and PSDL does not: why, in one line for the compile error; arity and signature so that other errors come out right.
struct MissingBuiltin {
  std::string_view name;
  Signature signature;
  std::string_view reason;  // "reaches outside the evaluation", "needs ..., which this build leaves out"
};
[[nodiscard]] const MissingBuiltin* find_missing_builtin(std::string_view name);
[[nodiscard]] std::span<const MissingBuiltin> missing_builtins();

// A family and its rows, in the order of the reference.
struct BuiltinFamily {
  std::string_view title;
  std::span<const Builtin> rows;
};
[[nodiscard]] std::span<const BuiltinFamily> builtin_families();

// A family file defines one of these.
[[nodiscard]] std::span<const Builtin> comparison_builtins();
[[nodiscard]] std::span<const Builtin> number_builtins();       // plus minus mul div rem abs round ceil floor numbers.range(_step) format_int to_number bits.* rand.intn
[[nodiscard]] std::span<const Builtin> aggregate_builtins();    // count sum product max min sort all any internal.member_2 internal.member_3
[[nodiscard]] std::span<const Builtin> collection_builtins();   // array.* sets: and or intersection union
[[nodiscard]] std::span<const Builtin> object_builtins();       // object.*
[[nodiscard]] std::span<const Builtin> edit_builtins();         // json.filter json.remove json.patch
[[nodiscard]] std::span<const Builtin> string_builtins();
[[nodiscard]] std::span<const Builtin> format_builtins();       // sprintf, internal.template_string, print, trace
[[nodiscard]] std::span<const Builtin> pattern_builtins();      // regex.* glob.*
[[nodiscard]] std::span<const Builtin> type_builtins();         // is_* type_name cast_*
[[nodiscard]] std::span<const Builtin> unit_builtins();
[[nodiscard]] std::span<const Builtin> encoding_builtins();     // base64 base64url hex urlquery
[[nodiscard]] std::span<const Builtin> document_builtins();     // json.marshal.. json.unmarshal yaml.*: a target of its own, needs codec
[[nodiscard]] std::span<const Builtin> graph_builtins();        // walk graph.reachable graph.reachable_paths
[[nodiscard]] std::span<const Builtin> semver_builtins();
[[nodiscard]] std::span<const Builtin> net_builtins();
[[nodiscard]] std::span<const Builtin> time_builtins();
[[nodiscard]] std::span<const Builtin> crypto_builtins();
[[nodiscard]] std::span<const Builtin> uuid_builtins();

}  // namespace psdl
