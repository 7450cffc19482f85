// Cases of this folder's files. In: a file's name; out: its values, and the parts of a case.
#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "codec/reader.hpp"

namespace psdl::gatekeeper::test {

inline std::string file_text(const std::string& name) {
  std::ifstream file(std::string(PSDL_SOURCE_DIR) + "/tests/unit/gatekeeper/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class CaseFile {
 public:
  explicit CaseFile(const std::string& name) {
    Limits limits;
    Result<Value> root = read_value_yaml(arena_, file_text(name), ReadRules::opa(), limits);
    if (!root) FAIL(name << ": " << root.error().message);
    root_ = *root;
  }
  [[nodiscard]] const Value& root() const { return root_; }
  [[nodiscard]] std::span<const Value> cases() const { return root_.as_object().find_text("cases")->as_array(); }

 private:
  Arena arena_;
  Value root_;
};

inline const Value* member(const Value& object, std::string_view name) {
  return object.as_object().find_text(name);
}
inline std::string text_of(const Value& object, std::string_view name) {
  const Value* found = member(object, name);
  return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}
inline bool is_set(const Value& object, std::string_view name) {
  const Value* found = member(object, name);
  return found != nullptr && found->is_true();
}

}  // namespace psdl::gatekeeper::test
