// Flags as gator's library for them reads them. In: words; out: variables filled, or its words for what is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/verbs.hpp"

namespace psdl::cli {

class GatorFlags {
 public:
  void flag(std::string_view name, char letter, bool& variable) {
    rows_.push_back({name, letter, &variable, nullptr, nullptr});
  }
  void text(std::string_view name, char letter, std::string& variable) {
    rows_.push_back({name, letter, nullptr, &variable, nullptr});
  }
  void list(std::string_view name, char letter, Words& variable) {
    rows_.push_back({name, letter, nullptr, nullptr, &variable});
  }

  // False with `error`: "unknown flag: --surprise".
  [[nodiscard]] bool parse(const Words& words, Words& positionals, std::string& error) const;

 private:
  struct Row {
    std::string_view name;
    char letter;  // 0: none
    bool* flag;
    std::string* text;
    Words* list;
  };
  [[nodiscard]] static bool assign(const Row& row, std::string_view shown, const std::string& value,
                                   std::string& error);
  [[nodiscard]] bool parse_long(const Words& words, std::size_t& at, std::string& error) const;
  [[nodiscard]] bool parse_letters(const Words& words, std::size_t& at, std::string& error) const;

  std::vector<Row> rows_;
};

}  // namespace psdl::cli
