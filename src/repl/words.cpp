// A scan of the text that knows strings, comments and brackets, and no more of the language.
#include "repl/words.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "psdl/tools/report.hpp"

namespace psdl::repl {
namespace {

bool is_name_char(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What is open where a text ends.
struct Open {
  int brackets = 0;
  bool raw_string = false;
};

// In a rule `#` begins a comment wherever it stands; in a command, whose words may be FILE#N, behind a blank.
enum class Kind : bool { Rule, Command };

// Calls `visit(index, brackets)` for each byte that is in no string or comment, until it returns false.
template <class Visit>
Open scan_until(std::string_view text, Open open, Kind kind, const Visit& visit) {
  std::size_t i = 0;
  const auto pass_raw_string = [&] {
    i = std::min(text.find('`', i), text.size());
    open.raw_string = i == text.size();
    return open.raw_string || visit(i, open.brackets);
  };
  if (open.raw_string) {
    if (!pass_raw_string()) return open;
    ++i;
  }
  for (; i < text.size(); ++i) {
    const char c = text[i];
    bool goes_on = true;
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"' && text[i] != '\n'; ++i) {
        if (text[i] == '\\') ++i;
      }
      if (i < text.size()) goes_on = visit(i, open.brackets);
    } else if (c == '`') {
      ++i;
      goes_on = pass_raw_string();
    } else if (c == '#' && (kind == Kind::Rule || i == 0 || is_blank(text[i - 1]))) {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else {
      if (c == '(' || c == '[' || c == '{') ++open.brackets;
      if (c == ')' || c == ']' || c == '}') --open.brackets;
      goes_on = visit(i, open.brackets);
    }
    if (!goes_on) return open;
  }
  return open;
}

template <class Visit>
Open scan(std::string_view text, Open open, Kind kind, const Visit& visit) {
  return scan_until(text, open, kind, [&](std::size_t at, int brackets) {
    visit(at, brackets);
    return true;
  });
}

// Whether code that ends so wants more.
bool awaits_operand(std::string_view code) {
  static constexpr std::string_view kSigns[] = {";", "=", "<", ">", ",", "+", "-", "*", "/", "%", "&", "|"};
  static constexpr std::string_view kWords[] = {"if", "contains", "else", "in", "and",
                                                "or", "not",      "with", "as", "some"};
  const auto ends_so = [&](std::string_view sign) { return code.ends_with(sign); };
  if (std::any_of(std::begin(kSigns), std::end(kSigns), ends_so)) return true;
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return ends_so(word) && code.size() > word.size() && is_blank(code[code.size() - word.size() - 1]);
  });
}

// As much of it as awaits_operand() looks at.
std::string end_of_code(std::string_view code) {
  constexpr std::size_t kLongestSign = 16;
  const std::size_t begin = code.size() - std::min(code.size(), kLongestSign);
  return (begin == 0 ? " " : "") + std::string(code.substr(begin));
}

// How long the first statement of a text is, without the `;` or line end behind it. A command is one line.
std::size_t first_statement(std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t end = kNone;
  if (text.starts_with(':')) {
    const std::string_view line = text.substr(0, text.find('\n'));
    scan(line, {}, Kind::Command, [&](std::size_t at, int depth) {
      if (end == kNone && depth <= 0 && line[at] == ';') end = at;
    });
    return std::min(end, line.size());
  }
  std::size_t code_end = 0;
  scan_until(text, {}, Kind::Rule, [&](std::size_t at, int depth) {
    const auto goes_on = [&] { return text[at] != '\n' || awaits_operand(end_of_code(text.substr(0, code_end))); };
    if (depth <= 0 && (text[at] == ';' || !goes_on())) end = at;
    if (!is_blank(text[at])) code_end = at + 1;
    return end == kNone;
  });
  return std::min(end, text.size());
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
  for (Command one = split_command(text); !one.name.empty(); one = split_command(one.rest)) {
    words.emplace_back(one.name);
  }
  return words;
}

bool begins_with_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && text.size() > word.size() && is_blank(text[word.size()]);
}

bool StatementLines::add(std::string_view line) {
  const bool is_first = text_.empty();
  if (!is_first) text_ += '\n';
  const std::size_t most = kMostBytes - std::min(kMostBytes, text_.size());
  text_ += line.substr(0, most);
  if (line.size() >= most || (is_first && trimmed(line).starts_with(':'))) return true;
  std::size_t code_end = 0;
  const Open open = scan(line, {brackets_, is_in_raw_string_}, Kind::Rule, [&](std::size_t at, int) {
    if (!is_blank(line[at])) code_end = at + 1;
  });
  brackets_ = open.brackets;
  is_in_raw_string_ = open.raw_string;
  if (code_end > 0) end_ = end_of_code(line.substr(0, code_end));
  return !has_open_bracket() && !awaits_operand(end_);
}

std::string StatementLines::take() {
  brackets_ = 0;
  is_in_raw_string_ = false;
  end_.clear();
  return std::exchange(text_, std::string());
}

bool names(std::string_view text, std::string_view name) {
  bool is_named = false;
  scan(text, {}, Kind::Rule, [&](std::size_t at, int) {
    const bool begins = at == 0 || (!is_name_char(text[at - 1]) && text[at - 1] != '.');
    const std::size_t end = at + name.size();
    const bool ends = end >= text.size() || !is_name_char(text[end]);
    is_named = is_named || (begins && ends && text.substr(at).starts_with(name));
  });
  return is_named;
}

bool goes_on(std::string_view text) {
  StatementLines lines;
  bool is_whole = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    is_whole = lines.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return !is_whole;
}

std::vector<std::string> split_statements(std::string_view text) {
  std::vector<std::string> parts;
  bool is_open = false;  // the last piece was `some ..`
  while (!(text = trimmed(text)).empty()) {
    const std::size_t end = first_statement(text);
    const std::string_view part = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    if (is_open && !part.starts_with(':')) {
      parts.back() += "; " + std::string(part);
    } else {
      parts.emplace_back(part);
    }
    is_open = part.starts_with("some ");
  }
  return parts;
}

bool is_assignment(std::string_view text) {
  bool has_sign = false;
  bool is_one = true;
  scan(text, {}, Kind::Rule, [&](std::size_t at, int depth) {
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
  const auto is_name = [text](std::size_t at) { return at < text.size() && is_name_char(text[at]); };
  while (is_name(end) || (end > 0 && text.substr(end).starts_with('.') && is_name(end + 1))) ++end;
  return text.substr(0, end);
}

bool is_rule_path(std::string_view text) {
  if (!text.starts_with("data.")) return false;
  char before = '.';
  for (const char c : text.substr(5)) {
    const bool begins = before == '.';
    const bool is_digit = c >= '0' && c <= '9';
    if (c == '.' ? begins : !is_name_char(c) || (begins && is_digit)) return false;
    before = c;
  }
  return before != '.';
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

bool is_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 9;
  return !text.empty() && text.size() <= kMostDigits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<LinePlace> find_line(std::string_view text, std::size_t number) {
  LinePlace place;
  for (std::size_t line = 1; line < number; ++line) {
    place.begin = text.find('\n', place.begin);
    if (place.begin == std::string_view::npos) return std::nullopt;
    ++place.begin;
  }
  place.end = std::min(text.find('\n', place.begin), text.size());
  if (number == 0 || place.begin >= text.size()) return std::nullopt;
  if (place.end > place.begin && text[place.end - 1] == '\r') --place.end;
  return place;
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
