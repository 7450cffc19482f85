// Text is escaped once, where it is put in.
#include "gatekeeper/json_members.hpp"

#include "value/text.hpp"

namespace psdl::gatekeeper {

void JsonMembers::begin(std::string_view name) {
  if (!members_.empty()) members_ += ',';
  append_json_string(members_, name, escapes_html_);
  members_ += ':';
}

JsonMembers& JsonMembers::text(std::string_view name, std::string_view value) {
  begin(name);
  append_json_string(members_, value, escapes_html_);
  return *this;
}

JsonMembers& JsonMembers::raw(std::string_view name, std::string_view json) {
  begin(name);
  members_ += json;
  return *this;
}

std::string json_quoted(std::string_view text, bool escapes_html) {
  std::string out;
  append_json_string(out, text, escapes_html);
  return out;
}

std::string indent_as_go(std::string_view compact, int step) {
  std::string out;
  std::size_t depth = 0;
  const auto line = [&] {
    out += '\n';
    out.append(depth * static_cast<std::size_t>(step), ' ');
  };
  bool is_in_text = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (is_in_text) {
      out += c;
      if (c == '\\') {
        out += compact[++i];
      } else if (c == '"') {
        is_in_text = false;
      }
      continue;
    }
    if (c == '{' || c == '[') {
      out += c;
      if (compact[i + 1] == '}' || compact[i + 1] == ']') {
        out += compact[++i];
        continue;
      }
      ++depth;
      line();
    } else if (c == '}' || c == ']') {
      --depth;
      line();
      out += c;
    } else if (c == ',') {
      out += c;
      line();
    } else if (c == ':') {
      out += ": ";
    } else {
      is_in_text = c == '"';
      out += c;
    }
  }
  return out;
}

}  // namespace psdl::gatekeeper
