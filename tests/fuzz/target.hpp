// What the targets share. In: a condition; out: nothing, or a crash that libFuzzer keeps the input of.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "value/text.hpp"

namespace psdl::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

// Small enough for thousands of runs a second.
inline Limits small_limits() {
  Limits limits;
  limits.instructions = 100'000;
  limits.memory_bytes = 16U * 1024 * 1024;
  limits.string_bytes = 64U * 1024;
  limits.time_ns = 1'000'000'000;
  return limits;
}

inline std::shared_ptr<const KeyTable> keys() {
  static const std::vector<std::string_view> names = {"apiVersion", "kind", "metadata", "name", "spec", "containers", "items", "a"};
  static const auto table = std::make_shared<const KeyTable>(names);
  return table;
}

// One document: its nodes lie in its text, and what is written of it is read back.
inline void read_document(std::string_view text, Format format) {
  const Limits limits = small_limits();
  Reader reader;
  Arena arena;
  ReadOptions options;
  options.limits = &limits;
  options.key_table = keys();
  const Result<Document, ReadError> document = reader.read(arena, text, format, options);
  if (!document) {
    require(!document.error().code.empty() && !document.error().message.empty());
    require(document.error().range.begin.offset <= text.size());
    return;
  }
  for (std::uint32_t i = 0; i < document->node_count(); ++i) {
    require(document->node_start(document->first_origin() + i) <= document->text().size());
  }
  Limits wide = limits;
  wide.number_bytes = 100'000;
  ReadRules rules = ReadRules::opa();
  const Result<Value> again = read_value_json(arena, to_json(document->root()), rules, wide);
  require(again.has_value() && equal(*again, document->root()));
}

}  // namespace psdl::fuzz
