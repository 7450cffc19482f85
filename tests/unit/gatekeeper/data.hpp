// Cases that stand in a YAML file beside the tests.
#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <string>

#include "codec/reader.hpp"

namespace psdl::gatekeeper {

struct Cases {
  explicit Cases(const std::string& name) {
    std::ifstream file(std::string(PSDL_SOURCE_DIR) + "/tests/unit/gatekeeper/" + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    Result<Value, ReadError> read = reader.read_value(arena, text, Format::Yaml, ReadRules::kubernetes(), Limits());
    INFO(name);
    REQUIRE(read);
    root = *read;
  }
  [[nodiscard]] std::span<const Value> all() const { return root.as_object().find_text("cases")->as_array(); }

  Reader reader;
  Arena arena;
  Value root;
};

// Undefined where there is none.
inline Value part(const Value& of, std::string_view name) {
  const Value* found = of.is_object() ? of.as_object().find_text(name) : nullptr;
  return found != nullptr ? *found : Value();
}
inline std::string text(const Value& of, std::string_view name) {
  const Value found = part(of, name);
  return found.is_string() ? std::string(found.as_string()) : std::string();
}
inline std::vector<std::string> texts(const Value& of, std::string_view name) {
  std::vector<std::string> all;
  const Value found = part(of, name);
  if (found.is_array()) {
    for (const Value& item : found.as_array()) all.emplace_back(item.as_string());
  }
  return all;
}

}  // namespace psdl::gatekeeper
