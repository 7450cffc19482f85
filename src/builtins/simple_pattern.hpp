// Regular expressions that say no more than a list of words or one class of characters. In: a pattern; out: whether a text matches, without an automaton.
//
// Policies are full of them (`^(a|b)$`, `^[a-z0-9-]+$`), and RE2 takes microseconds to compile one and a tenth of one to ask it.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace psdl {

class SimplePattern {
 public:
  // Nothing for a pattern that says more, or may be no pattern at all.
  [[nodiscard]] static std::optional<SimplePattern> read(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view text) const;
  // Bytes looked at for each byte of a text, at most.
  [[nodiscard]] std::size_t size() const;

 private:
  bool begins_ = false;  // ^
  bool ends_ = false;    // $
  std::vector<std::string> words_;
  bool is_class_ = false;  // in place of words: ^[..]+$ or ^[..]*$
  bool may_be_empty_ = false;
  std::bitset<128> members_;
};

}  // namespace psdl
