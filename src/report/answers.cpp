// Answers of queries as `opa eval` prints them.
#include "report/answers.hpp"

#include "psdl/tools/report.hpp"

namespace psdl::report {

std::string html_safe(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (json.substr(i, 3) == "\xE2\x80\xA8" || json.substr(i, 3) == "\xE2\x80\xA9") {
      out += json[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

namespace {

// The end of the JSON value that begins at `at`.
std::size_t skip_value(std::string_view json, std::size_t at) {
  int depth = 0;
  for (bool in_string = false; at < json.size(); ++at) {
    const char c = json[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c == '"') in_string = false;
      if (c == '"' && depth == 0) return at + 1;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    }
    if (c == ',' && depth == 0) return at;
  }
  return at;
}

// The items of a compact array, or the values of a compact object under their raw keys.
template <class Visit>
void each_member(std::string_view json, Visit visit) {
  if (json.size() < 2) return;
  const bool is_object = json.front() == '{';
  std::size_t at = 1;
  while (at < json.size() && json[at] != ']' && json[at] != '}') {
    std::string_view key;
    if (is_object) {
      const std::size_t end = skip_value(json, at);
      key = json.substr(at, end - at);
      at = end + 1;
    }
    const std::size_t end = skip_value(json, at);
    visit(key, json.substr(at, end - at));
    at = end < json.size() && json[end] == ',' ? end + 1 : end;
  }
}

std::string_view member(std::string_view object, std::string_view raw_key) {
  std::string_view found;
  each_member(object, [&](std::string_view key, std::string_view value) {
    if (key == raw_key) found = value;
  });
  return found;
}

// The characters of a JSON string's text.
std::string unquote(std::string_view text) {
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': out += '\n'; break;
      case 't': out += '\t'; break;
      case 'r': out += '\r'; break;
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'u': {
        // Only characters below U+0020 and a few of the first plane are written so by our writers.
        unsigned c = 0;
        for (int digit = 0; digit < 4 && i + 1 < text.size(); ++digit) {
          const char h = text[++i];
          c = c * 16 + static_cast<unsigned>(h <= '9' ? h - '0' : (h | 0x20) - 'a' + 10);
        }
        if (c < 0x80) {
          out += static_cast<char>(c);
        } else if (c < 0x800) {
          out += static_cast<char>(0xC0U | (c >> 6U));
          out += static_cast<char>(0x80U | (c & 0x3FU));
        } else {
          out += static_cast<char>(0xE0U | (c >> 12U));
          out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
          out += static_cast<char>(0x80U | (c & 0x3FU));
        }
        break;
      }
      default: out += text[i]; break;
    }
  }
  return out;
}

std::string render_raw(std::string_view rows) {
  std::string out;
  each_member(rows, [&](std::string_view, std::string_view row) {
    bool first = true;
    each_member(member(row, "\"expressions\""), [&](std::string_view, std::string_view expression) {
      if (!first) out += ' ';
      first = false;
      const std::string_view value = member(expression, "\"value\"");
      if (!value.empty() && value.front() == '"') {
        out += unquote(value);
      } else {
        out += value;
      }
    });
    out += '\n';
  });
  return out;
}

}  // namespace
}  // namespace psdl::report

namespace psdl::tools {

std::string indent_json(std::string_view compact) {
  std::string out;
  out.reserve(compact.size() * 2);
  std::size_t depth = 0;
  const auto line = [&] {
    out += '\n';
    out.append(depth * 2, ' ');
  };
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) out += compact[++i];
      if (c == '"') in_string = false;
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        out += c;
        break;
      case '{':
      case '[':
        out += c;
        if (i + 1 < compact.size() && (compact[i + 1] == '}' || compact[i + 1] == ']')) {
          out += compact[++i];
        } else {
          ++depth;
          line();
        }
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        line();
        out += c;
        break;
      case ',':
        out += c;
        line();
        break;
      case ':': out += ": "; break;
      default: out += c; break;
    }
  }
  return out;
}

std::string render_answer(const QueryAnswer& answer, AnswerFormat format) {
  std::string out;
  switch (format) {
    case AnswerFormat::Json:
      if (!answer.errors.empty()) return render_diagnostics_json(answer.errors);
      if (!answer.is_defined) return "{}\n";
      return report::html_safe(indent_json("{\"result\":" + answer.result_json + "}")) + '\n';
    case AnswerFormat::Values:
      report::each_member(answer.result_json, [&](std::string_view, std::string_view row) {
        std::string values;
        report::each_member(report::member(row, "\"expressions\""), [&](std::string_view, std::string_view expression) {
          values += values.empty() ? "[" : ",";
          values += report::member(expression, "\"value\"");
        });
        out += report::html_safe(indent_json(values + "]")) + '\n';
      });
      return out;
    case AnswerFormat::Bindings:
      report::each_member(answer.result_json, [&](std::string_view, std::string_view row) {
        const std::string_view bindings = report::member(row, "\"bindings\"");
        out += (bindings.empty() ? "{}" : report::html_safe(indent_json(bindings))) + '\n';
      });
      return out;
    case AnswerFormat::Raw: return report::render_raw(answer.result_json);
  }
  return out;
}

}  // namespace psdl::tools
