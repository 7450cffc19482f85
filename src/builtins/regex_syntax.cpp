// The pass before RE2: only what RE2 of 2022 reads otherwise than Go is looked at; all else goes through as it stands.
#include "builtins/regex_syntax.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "builtins/runes.hpp"

namespace psdl {
namespace {

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Letter -> L. In the canonical spelling: a capital, then small letters, nothing between.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"Closepunctuation", "Pe"}, {"Cntrl", "Cc"},           {"Combiningmark", "M"},       {"Connectorpunctuation", "Pc"}, {"Control", "Cc"},
    {"Currencysymbol", "Sc"},   {"Dashpunctuation", "Pd"}, {"Decimalnumber", "Nd"},      {"Digit", "Nd"},                {"Enclosingmark", "Me"},
    {"Finalpunctuation", "Pf"}, {"Format", "Cf"},          {"Initialpunctuation", "Pi"}, {"Letter", "L"},                {"Letternumber", "Nl"},
    {"Lineseparator", "Zl"},    {"Lowercaseletter", "Ll"}, {"Mark", "M"},                {"Mathsymbol", "Sm"},           {"Modifierletter", "Lm"},
    {"Modifiersymbol", "Sk"},   {"Nonspacingmark", "Mn"},  {"Number", "N"},              {"Openpunctuation", "Ps"},      {"Other", "C"},
    {"Otherletter", "Lo"},      {"Othernumber", "No"},     {"Otherpunctuation", "Po"},   {"Othersymbol", "So"},          {"Paragraphseparator", "Zp"},
    {"Privateuse", "Co"},       {"Punct", "P"},            {"Punctuation", "P"},         {"Separator", "Z"},             {"Spaceseparator", "Zs"},
    {"Spacingmark", "Mc"},      {"Surrogate", "Cs"},       {"Symbol", "S"},              {"Titlecaseletter", "Lt"},      {"Uppercaseletter", "Lu"},
};

std::string canonical(std::string_view name) {
  std::string made;
  for (const char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    made += !is_letter ? c : made.empty() ? static_cast<char>(c & ~0x20) : static_cast<char>(c | 0x20);
  }
  return made;
}

class Reader {
 public:
  Reader(std::string_view text, KnowsClass knows, RegexReading& made) : text_(text), knows_(knows), made_(made) {}

  void run() {
    while (at_ < text_.size() && made_.error.empty()) {
      const char c = text_[at_];
      if (c == '(') {
        group();
      } else if (c == '[') {
        char_class();
      } else if (c == '\\') {
        escape(false);
      } else {
        copy(1);
      }
    }
  }

 private:
  void copy(std::size_t size) {
    made_.pattern += text_.substr(at_, size);
    at_ = std::min(at_ + size, text_.size());
  }
  void fail(std::string_view why, std::string_view where) { made_.error.append(why).append(": `").append(where).append("`"); }

  // Named groups become plain ones: RE2 refuses (?<name>..) and two of one name.
  void group() {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() < 2 || rest[1] != '?') {
      made_.names.emplace_back();
      copy(1);
      return;
    }
    const bool has_p = rest.size() > 4 && rest[2] == 'P' && rest[3] == '<';
    if (has_p || (rest.size() > 3 && rest[2] == '<')) {
      const std::size_t begin = has_p ? 4 : 3;
      const std::size_t end = rest.find('>');
      if (end == std::string_view::npos) {
        fail("invalid named capture", rest);
        return;
      }
      const std::string_view name = rest.substr(begin, end - begin);
      if (name.empty() || !std::all_of(name.begin(), name.end(), is_word)) {
        fail("invalid named capture", rest.substr(0, end + 1));
        return;
      }
      made_.names.emplace_back(name);
      made_.pattern += '(';
      at_ += end + 1;
      return;
    }
    flags(rest);
  }

  // (?i) (?-s:..) : what RE2 takes too, but its words for what is wrong differ.
  void flags(std::string_view rest) {
    std::size_t i = 2;
    bool negates = false;
    bool saw_flag = false;
    while (i < rest.size()) {
      const Rune rune = decode_rune(rest, i);
      i += rune.size;
      if (rune.value == 'i' || rune.value == 'm' || rune.value == 's' || rune.value == 'U') {
        saw_flag = true;
      } else if (rune.value == '-' && !negates) {
        negates = true;
        saw_flag = false;
      } else if ((rune.value == ':' || rune.value == ')') && (!negates || saw_flag)) {
        copy(i);
        return;
      } else {
        break;
      }
    }
    fail("invalid or unsupported Perl syntax", rest.substr(0, i));
  }

  void escape(bool in_class) {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (kind == 'C' && !in_class) {
      fail("invalid escape sequence", text_.substr(at_, 2));
    } else if (kind == 'Q' && !in_class) {
      const std::size_t end = text_.find("\\E", at_ + 2);
      copy(end == std::string_view::npos ? text_.size() - at_ : end + 2 - at_);
    } else if (kind == 'p' || kind == 'P') {
      unicode_class(kind == 'P', in_class);
    } else {
      copy(2);
    }
  }

  // \pN \p{Greek} \P{^Letter}, for which RE2 wants the short names.
  void unicode_class(bool negates, bool in_class) {
    const std::string_view rest = text_.substr(at_);
    if (rest.size() < 3) {
      copy(rest.size());
      return;
    }
    std::size_t size = 2 + decode_rune(rest, 2).size;
    std::string_view name = rest.substr(2, size - 2);
    if (name == "{") {
      const std::size_t end = rest.find('}');
      if (end == std::string_view::npos) {
        fail("invalid character class range", rest);
        return;
      }
      size = end + 1;
      name = rest.substr(3, end - 3);
    }
    const std::string_view whole = rest.substr(0, size);
    if (name.starts_with('^')) {
      negates = !negates;
      name.remove_prefix(1);
    }
    const std::optional<std::string> made = class_text(canonical(name), negates, in_class);
    if (!made) {
      fail("invalid character class range", whole);
      return;
    }
    made_.pattern += *made;
    at_ += size;
  }

  std::optional<std::string> class_text(const std::string& name, bool negates, bool in_class) const {
    const auto set = [&](std::string_view inside) -> std::optional<std::string> {
      if (in_class && negates) return std::nullopt;
      if (in_class) return std::string(inside);
      return std::string(negates ? "[^" : "[").append(inside).append("]");
    };
    if (name == "Ascii") return in_class && negates ? std::optional<std::string>("\\x{80}-\\x{10FFFF}") : set("\\x00-\\x7F");
    if (name == "Lc" || name == "Casedletter") return set("\\p{Lu}\\p{Ll}\\p{Lt}");
    if (name == "Cn" || name == "Unassigned" || name == "Assigned") {
      constexpr std::string_view assigned = "\\pL\\pM\\pN\\pP\\pS\\pZ\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}";
      negates = negates == (name == "Assigned");
      return negates ? (in_class ? std::optional<std::string>() : std::string("[^").append(assigned).append("]")) : set(assigned);
    }
    const auto alias = std::find_if(std::begin(kAliases), std::end(kAliases), [&](const auto& row) { return row.first == name; });
    const std::string known = alias != std::end(kAliases) ? std::string(alias->second) : name;
    if (known.empty() || !knows_(known)) return std::nullopt;
    return std::string(negates ? "\\P{" : "\\p{").append(known).append("}");
  }

  // [..]: the first `]` is a member; [:names:] go through whole.
  void char_class() {
    copy(1);
    if (at_ < text_.size() && text_[at_] == '^') copy(1);
    bool is_first = true;
    while (at_ < text_.size() && made_.error.empty() && (is_first || text_[at_] != ']')) {
      is_first = false;
      const std::size_t name_end = text_.substr(at_, 2) == "[:" ? text_.find(":]", at_ + 2) : std::string_view::npos;
      if (name_end != std::string_view::npos) {
        copy(name_end + 2 - at_);
      } else if (text_[at_] == '\\') {
        escape(true);
      } else {
        copy(1);
      }
    }
    if (made_.error.empty()) copy(1);
  }

  std::string_view text_;
  KnowsClass knows_;
  RegexReading& made_;
  std::size_t at_ = 0;
};

}  // namespace

RegexReading read_go_regex(std::string_view text, KnowsClass knows) {
  RegexReading made;
  Reader(text, knows, made).run();
  return made;
}

}  // namespace psdl
