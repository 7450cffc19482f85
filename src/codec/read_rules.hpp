// How a document's text becomes values: one reader for every use, one parameter. In: who reads; out: the rules.
#pragma once

#include <cstdint>

namespace psdl {

// What an unquoted YAML scalar means.
enum class ScalarTable : std::uint8_t {
  Kubernetes,   // YAML 1.1 as go-yaml v2 resolves it: yes, no, on, off, y, n are booleans; 010 is 8
  Opa,          // OPA 1.22's go-yaml v3: 1.1's numbers, 1.2's booleans; dates are strings
  GatorVerify,  // go-yaml v3 as `gator verify` uses it: as Opa, but an unquoted date is a timestamp's text
};

enum class DuplicateKeys : std::uint8_t { Error, LastWins };

// AsDouble: numbers pass through a double first and print as Go's encoder prints it.
enum class Numbers : std::uint8_t { Exact, AsDouble };

struct ReadRules {
  ScalarTable scalars = ScalarTable::Kubernetes;
  DuplicateKeys duplicate_keys = DuplicateKeys::Error;
  Numbers yaml_floats = Numbers::Exact;  // YAML scalars that go-yaml resolves to a float64
  Numbers integers = Numbers::Exact;     // integers of both formats
  // Refuses what Kubernetes reads differently from YAML or not at all: bytes (B3 of the threat model), directives,
  // tags, overlapping merges, lone surrogates. Without it the text is read as far as go-yaml reads it.
  bool strict = true;
  // Without `strict`: a second document that holds something is an error, not passed over as OPA does.
  bool one_document = false;

  // Manifests.
  [[nodiscard]] static constexpr ReadRules kubernetes() { return {}; }
  // `-d` data, json.unmarshal and yaml.unmarshal.
  [[nodiscard]] static constexpr ReadRules opa() {
    return {ScalarTable::Opa, DuplicateKeys::LastWins, Numbers::AsDouble, Numbers::Exact, false};
  }
  // `gator verify`; it refuses duplicate keys itself.
  [[nodiscard]] static constexpr ReadRules gator_verify() {
    return {ScalarTable::GatorVerify, DuplicateKeys::Error, Numbers::AsDouble, Numbers::Exact, false};
  }
  // `gator test` and `expand`.
  [[nodiscard]] static constexpr ReadRules gator_test() {
    return {ScalarTable::Kubernetes, DuplicateKeys::LastWins, Numbers::AsDouble, Numbers::AsDouble, false};
  }
};

}  // namespace psdl
