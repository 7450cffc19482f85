// JSON objects written member by member, in the order given. In: names and values; out: compact text, or the same
// indented as Go's encoder does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace psdl::gatekeeper {

// `escapes_html`: `<`, `>` and `&` as Go's encoder writes them.
class JsonMembers {
 public:
  explicit JsonMembers(bool escapes_html = false) : escapes_html_(escapes_html) {}

  JsonMembers& text(std::string_view name, std::string_view value);
  JsonMembers& text_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  // `json` is JSON already.
  JsonMembers& raw(std::string_view name, std::string_view json);
  JsonMembers& number(std::string_view name, std::uint64_t value) { return raw(name, std::to_string(value)); }
  [[nodiscard]] std::string done() const { return members_.empty() ? "{}" : "{" + members_ + "}"; }

 private:
  void begin(std::string_view name);

  std::string members_;
  bool escapes_html_;
};

template <class Items, class Make>
[[nodiscard]] std::string json_list(const Items& items, Make make) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += make(item);
  }
  return out + "]";
}

[[nodiscard]] std::string json_quoted(std::string_view text, bool escapes_html = false);
// As json.MarshalIndent: `step` blanks a level, empty lists and objects on one line, no newline at the end.
[[nodiscard]] std::string indent_as_go(std::string_view compact, int step);

}  // namespace psdl::gatekeeper
