// What an entry point yields, read as an element of a finding. In: a value; out: message and what the rule said besides, or why the value is none.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytecode/program.hpp"
#include "psdl/findings.hpp"
#include "value/value.hpp"

namespace psdl {

// What one of the rules of a name says of itself.
struct RuleText {
  std::string id;
  std::string title;
  FindingSeverity severity = FindingSeverity::Error;
  std::string file;
  std::uint32_t line = 0;
  std::string fix_json;  // metadata `custom: {fix: ..}`; may be empty
};

// A rule whose value is findings, as the engine found it among a policy's rules.
struct EntryRule {
  std::uint32_t function = kNoIndex;  // in Program::functions
  FunctionKind kind = FunctionKind::Set;
  std::string path;      // "data.example.deny"
  std::string id;        // metadata, else "example.deny"
  std::string title;     // metadata; may be empty
  FindingSeverity severity = FindingSeverity::Error;
  bool is_allow = false; // denies when its value is not true
  std::string file;
  std::uint32_t line = 0;
  std::vector<RuleText> rules;  // all rules of the name, each with its own metadata
};

struct Element {
  std::string message;
  std::string details_json;
  std::optional<FindingSeverity> severity;
  std::string container;
  std::optional<std::string> path;  // JSON pointer
  std::string id;
};

// Puts into `out` what an entry point's value stands for: members of a set, values of a partial object, the value of a
// complete rule unless it is false. An error where the rule has a shape that means nothing here.
[[nodiscard]] std::optional<Error> element_values(const EntryRule& rule, const Value& value, std::vector<Value>& out);
// `title` is that of the rule that made the value: what `true` stands for. `most` bounds the text of the details. What
// `element` held is gone.
[[nodiscard]] std::optional<Error> read_element(const EntryRule& rule, std::string_view title, const Value& value,
                                                std::size_t most, Element& element);
// "error", "warning" or "note".
[[nodiscard]] std::optional<FindingSeverity> severity_named(std::string_view name);

}  // namespace psdl
