// A scan of the text that knows strings, comments and brackets, and no more of the language.
#include "repl/words.hpp"

#include <algorithm>
#include <cctype>

#include "psdl/tools/report.hpp"

namespace psdl::repl {
namespace {

bool is_name_char(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Calls `visit(index)` for each byte that is in no string or comment; tells what is open at the end.
struct Open {
  int brackets = 0;
  bool raw_string = false;
};
template <class Visit>
Open scan(std::string_view text, const Visit& visit) {
  Open open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i) {
        if (text[i] == '\\') ++i;
      }
      if (i < text.size()) visit(i, open.brackets);
    } else if (c == '`') {
      i = text.find('`', i + 1);
      if (i == std::string_view::npos) {
        open.raw_string = true;
        return open;
      }
      visit(i, open.brackets);
    } else if (c == '#' && (i == 0 || is_blank(text[i - 1]))) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else {
      if (c == '(' || c == '[' || c == '{') ++open.brackets;
      if (c == ')' || c == ']' || c == '}') --open.brackets;
      visit(i, open.brackets);
    }
  }
  return open;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

Command split_command(std::string_view text) {
  text = trimmed(text);
  const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
  return {text.substr(0, end), trimmed(text.substr(end))};
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (Command one = split_command(text); !one.name.empty(); one = split_command(one.rest)) words.emplace_back(one.name);
  return words;
}

bool goes_on(std::string_view text) {
  std::size_t last = std::string_view::npos;
  const Open open = scan(text, [&](std::size_t at, int /*depth*/) {
    if (!is_blank(text[at])) last = at;
  });
  if (open.brackets > 0 || open.raw_string) return true;
  if (last == std::string_view::npos) return false;
  const std::string_view code = text.substr(0, last + 1);
  if (code.ends_with(';') || code.ends_with(":=") || code.ends_with("==") || code.ends_with(',')) return true;
  return code.ends_with(" if") || code.ends_with(" contains") || code.ends_with("} else");
}

std::vector<std::string> split_statements(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  bool is_open = false;  // the last piece was `some ..`
  const auto take = [&](std::size_t end) {
    const std::string_view part = trimmed(text.substr(begin, end - begin));
    if (part.empty()) return;
    if (is_open && !part.starts_with(':')) {
      parts.back() += "; " + std::string(part);
    } else {
      parts.emplace_back(part);
    }
    is_open = part.starts_with("some ");
  };
  scan(text, [&](std::size_t at, int depth) {
    if (depth > 0 || (text[at] != ';' && text[at] != '\n')) return;
    if (text[at] == '\n' && goes_on(text.substr(begin, at - begin))) return;
    take(at);
    begin = at + 1;
  });
  take(text.size());
  return parts;
}

bool is_assignment(std::string_view text) {
  bool has_sign = false;
  bool is_one = true;
  scan(text, [&](std::size_t at, int depth) {
    if (depth > 0) return;
    if (text[at] == ';' || text[at] == '\n') is_one = false;
    if (text[at] == ':' && at + 1 < text.size() && text[at + 1] == '=') has_sign = true;
  });
  return has_sign && is_one;
}

std::string_view defined_name(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with("default ")) text = trimmed(text.substr(8));
  std::size_t end = 0;
  while (end < text.size() && is_name_char(text[end])) ++end;
  return text.substr(0, end);
}

bool is_rule_path(std::string_view text) {
  return text.starts_with("data.") && text.back() != '.' && std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_name_char(c); });
}

std::optional<std::vector<std::string>> path_steps(std::string_view text) {
  std::vector<std::string> steps;
  text = trimmed(text);
  while (!text.empty()) {
    if (text.front() == '[') {
      const std::size_t end = text.find(']');
      if (end == std::string_view::npos) return std::nullopt;
      std::string_view step = text.substr(1, end - 1);
      if (step.size() >= 2 && step.front() == '"' && step.back() == '"') step = step.substr(1, step.size() - 2);
      steps.emplace_back(step);
      text.remove_prefix(end + 1);
      continue;
    }
    if (!steps.empty()) {
      if (text.front() != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    std::size_t end = 0;
    while (end < text.size() && is_name_char(text[end])) ++end;
    if (end == 0) return std::nullopt;
    steps.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (steps.empty()) return std::nullopt;
  return steps;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 200;  // of a name that is worth comparing
  std::string best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  if (word.size() > kLongest) return best;
  for (const std::string& one : candidates) {
    if (one.size() > kLongest) continue;
    const std::size_t distance = tools::edit_distance(one, word);
    if (distance >= least) continue;
    least = distance;
    best = one;
  }
  return best;
}

}  // namespace psdl::repl
