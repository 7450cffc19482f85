// Scalars decoded a second time, as libyaml decodes them, noting where each byte came from.
#include "gatekeeper/scalar_place.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "codec/internal.hpp"

namespace psdl::gatekeeper {
namespace {

using Run = ScalarPlace::Run;

// What one decoding made.
struct Decoded {
  std::string text;
  std::vector<Run> runs;

  void copy(std::string_view from, std::size_t at, std::size_t size) {
    if (size == 0) return;
    if (runs.empty() || !runs.back().is_copy || runs.back().written_at + (text.size() - runs.back().begin) != at)
      runs.push_back({text.size(), at, true});
    text.append(from.substr(at, size));
  }
  void make(std::string_view made, std::size_t at) {
    if (made.empty()) return;
    runs.push_back({text.size(), at, false});
    text.append(made);
  }
};

// A line end of the source: what it becomes, where it is.
struct Break {
  std::string_view made;
  std::size_t at = 0;
};
using Breaks = std::vector<Break>;

class Decoder {
 public:
  Decoder(std::string_view text, std::size_t at, std::string_view wanted, Format format)
      : text_(text), at_(at), wanted_(wanted), is_json_(format == Format::Json) {}

  // False where what is written here does not give the wanted text.
  bool run(Decoded& out) {
    if (!is_json_ && !skip_properties()) return false;
    switch (here()) {
      case '|':
      case '>': return block(out);
      case '"': return quoted(out, '"');
      case '\'': return !is_json_ && quoted(out, '\'');
      default: return !is_json_ && plain(out);
    }
  }

 private:
  [[nodiscard]] char here(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool is_end() const { return at_ >= text_.size(); }
  [[nodiscard]] bool is_space() const { return here() == ' ' || here() == '\t'; }

  // Bytes of the line end here; 0 where there is none.
  [[nodiscard]] std::size_t break_size(std::size_t at) const {
    const std::string_view rest = text_.substr(std::min(at, text_.size()));
    if (rest.starts_with("\r\n") || rest.starts_with("\xC2\x85")) return 2;
    if (rest.starts_with('\n') || rest.starts_with('\r')) return 1;
    return rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9") ? 3 : 0;
  }
  [[nodiscard]] bool is_break() const { return break_size(at_) > 0; }
  Break take_break() {
    const std::size_t size = break_size(at_);
    // The two separators of Unicode stay what they are, everything else becomes a newline.
    const Break taken{size == 3 ? text_.substr(at_, 3) : std::string_view("\n"), at_};
    at_ += size;
    return taken;
  }

  // Tags, anchors, an alias, blanks and comments before the text itself.
  bool skip_properties() {
    for (;;) {
      while (is_space() || is_break()) ++at_;
      if (here() == '#') {
        while (!is_end() && !is_break()) ++at_;
      } else if (here() == '!' || here() == '&') {
        skip_word();
      } else if (here() == '*') {
        if (!go_to_anchor()) return false;
      } else {
        return !is_end() || wanted_.empty();
      }
    }
  }
  void skip_word() {
    while (!is_end() && !is_space() && !is_break()) ++at_;
  }

  // To the last place before the alias that defines its name.
  bool go_to_anchor() {
    const std::size_t alias = at_++;
    skip_word();
    std::string name(text_.substr(alias + 1, at_ - alias - 1));
    while (!name.empty() && (name.back() == ',' || name.back() == ']' || name.back() == '}')) name.pop_back();
    const std::string anchor = "&" + name;
    for (std::size_t from = alias; from != 0;) {
      const std::size_t found = text_.rfind(anchor, from - 1);
      if (found == std::string_view::npos) return false;
      const std::size_t behind = found + anchor.size();
      if (text_[behind] == ' ' || text_[behind] == '\t' || break_size(behind) > 0) {
        at_ = behind;
        return true;
      }
      from = found;
    }
    return false;
  }

  // ---- `|` and `>`

  bool block(Decoded& out) {
    is_folded_ = here() == '>';
    ++at_;
    chomping_ = 0;
    while (!is_end() && !is_break() && !is_space()) {
      if (here() == '+' || here() == '-') chomping_ = here();
      ++at_;
    }
    while (!is_end() && !is_break()) ++at_;
    if (!is_end()) (void)take_break();
    const std::size_t body = at_;
    // The indentation is that of the first line with content, less the blanks that an indicator made part of the text;
    // more than that where the line is none of the text's.
    const std::size_t most = first_indentation() + 1;
    for (std::size_t indent = most + 1; indent-- > 0;) {
      at_ = body;
      out = {};
      block_lines(out, indent);
      if (out.text == wanted_) return true;
    }
    return false;
  }

  [[nodiscard]] std::size_t first_indentation() const {
    std::size_t blanks = 0;
    for (std::size_t at = at_; at < text_.size();) {
      if (text_[at] == ' ') {
        ++blanks;
        ++at;
      } else if (const std::size_t size = break_size(at); size > 0) {
        blanks = 0;
        at += size;
      } else {
        break;
      }
    }
    return blanks;
  }

  // Lines that hold nothing within the indentation; stands behind the indentation of the next line then.
  Breaks empty_lines(std::size_t indent, std::size_t& column) {
    Breaks breaks;
    for (;;) {
      column = 0;
      while (column < indent && here() == ' ') {
        ++at_;
        ++column;
      }
      if (!is_break()) return breaks;
      breaks.push_back(take_break());
    }
  }

  void block_lines(Decoded& out, std::size_t indent) {
    std::size_t column = 0;
    Breaks leading;
    Breaks trailing = empty_lines(indent, column);
    bool was_more_indented = false;
    while (column == indent && !is_end()) {
      const bool is_more_indented = is_space();
      const bool folds =
          is_folded_ && !leading.empty() && leading[0].made == "\n" && !was_more_indented && !is_more_indented;
      if (folds) {
        if (trailing.empty()) out.make(" ", leading[0].at);
      } else {
        put(out, leading);
      }
      put(out, trailing);
      leading.clear();
      was_more_indented = is_more_indented;
      const std::size_t begin = at_;
      while (!is_end() && !is_break()) ++at_;
      out.copy(text_, begin, at_ - begin);
      if (out.text.size() > wanted_.size()) return;  // already not the wanted text
      if (!is_end()) leading.push_back(take_break());
      trailing = empty_lines(indent, column);
    }
    if (chomping_ != '-') put(out, leading);
    if (chomping_ == '+') put(out, trailing);
  }

  static void put(Decoded& out, const Breaks& breaks) {
    for (const Break& taken : breaks) out.make(taken.made, taken.at);
  }

  // ---- quoted and plain

  bool quoted(Decoded& out, char quote) {
    ++at_;
    while (!is_end()) {
      bool is_joined = false;
      while (!is_end() && !is_space() && !is_break()) {
        if (quote == '\'' && here() == '\'' && here(1) == '\'') {
          out.make("'", at_);
          at_ += 2;
        } else if (here() == quote) {
          return out.text == wanted_;
        } else if (quote == '"' && here() == '\\' && break_size(at_ + 1) > 0) {
          ++at_;
          (void)take_break();
          is_joined = true;
          break;
        } else if (quote == '"' && here() == '\\') {
          if (!escape(out)) return false;
        } else {
          out.copy(text_, at_++, 1);
        }
      }
      blanks(out, is_joined);
    }
    return false;
  }

  // A plain text has no end of its own: it ends where the wanted text does.
  bool plain(Decoded& out) {
    while (!is_end() && out.text.size() < wanted_.size()) {
      while (!is_end() && !is_space() && !is_break() && out.text.size() < wanted_.size()) out.copy(text_, at_++, 1);
      if (out.text.size() < wanted_.size()) blanks(out, false);
    }
    return out.text == wanted_;
  }

  // Blanks within a line are kept, those around line ends are not; one line end is a blank, more are newlines.
  void blanks(Decoded& out, bool is_joined) {
    const std::size_t begin = at_;
    Breaks breaks;
    while (is_space() || is_break()) {
      if (is_break()) {
        breaks.push_back(take_break());
      } else {
        ++at_;
      }
    }
    if (is_joined) {
      put(out, breaks);
    } else if (breaks.empty()) {
      out.copy(text_, begin, at_ - begin);
    } else if (breaks[0].made != "\n") {
      put(out, breaks);
    } else if (breaks.size() == 1) {
      out.make(" ", breaks[0].at);
    } else {
      breaks.erase(breaks.begin());
      put(out, breaks);
    }
  }

  bool escape(Decoded& out) {
    const std::size_t begin = at_;
    const char letter = here(1);
    at_ += 2;
    const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits == 0) {
      const std::string_view made = short_escape(letter);
      out.make(made, begin);
      return !made.empty();
    }
    std::uint32_t code = 0;
    if (!hexadecimal(digits, code)) return false;
    std::uint32_t low = 0;
    if (is_json_ && code >= 0xD800 && code < 0xDC00 && here() == '\\' && here(1) == 'u') {
      at_ += 2;
      if (!hexadecimal(4, low)) return false;
      code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
    }
    out.make(utf8(code), begin);
    return true;
  }

  bool hexadecimal(std::size_t digits, std::uint32_t& code) {
    if (at_ + digits > text_.size()) return false;
    const char* first = text_.data() + at_;
    at_ += digits;
    const auto [end, error] = std::from_chars(first, first + digits, code, 16);
    return error == std::errc() && end == first + digits;
  }

  static std::string_view short_escape(char letter) {
    switch (letter) {
      case '0': return {"\0", 1};
      case 'a': return "\a";
      case 'b': return "\b";
      case 't':
      case '\t': return "\t";
      case 'n': return "\n";
      case 'v': return "\v";
      case 'f': return "\f";
      case 'r': return "\r";
      case 'e': return "\x1B";
      case ' ': return " ";
      case '"': return "\"";
      case '/': return "/";
      case '\'': return "'";
      case '\\': return "\\";
      case 'N': return "\xC2\x85";
      case '_': return "\xC2\xA0";
      case 'L': return "\xE2\x80\xA8";
      case 'P': return "\xE2\x80\xA9";
      default: return {};
    }
  }

  static std::string utf8(std::uint32_t code) {
    std::string out;
    const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0U | (code >> 6U));
      add(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
      add(0xE0U | (code >> 12U));
      add(0x80U | ((code >> 6U) & 0x3FU));
      add(0x80U | (code & 0x3FU));
    } else {
      add(0xF0U | (code >> 18U));
      add(0x80U | ((code >> 12U) & 0x3FU));
      add(0x80U | ((code >> 6U) & 0x3FU));
      add(0x80U | (code & 0x3FU));
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_;
  std::string_view wanted_;
  bool is_json_;
  bool is_folded_ = false;
  char chomping_ = 0;
};

}  // namespace

ScalarPlace::ScalarPlace(const Document& document, std::uint32_t origin, std::string_view text)
    : document_(document), size_(text.size()) {
  if (!document.has_node(origin)) return;
  begin_ = document.node_start(origin);
  Decoded decoded;
  is_exact_ = Decoder(document.text(), begin_, text, document.format()).run(decoded);
  if (is_exact_) runs_ = std::move(decoded.runs);
}

TextPoint ScalarPlace::at(std::size_t offset) const {
  const std::string_view written = document_.text();
  if (runs_.empty()) return codec::point_at(written, document_.place(), begin_);
  const bool is_behind = offset >= size_;
  const std::size_t byte = is_behind && size_ > 0 ? size_ - 1 : offset;
  const auto next =
      std::upper_bound(runs_.begin(), runs_.end(), byte, [](std::size_t at, const Run& run) { return at < run.begin; });
  const Run& run = *std::prev(next);
  std::size_t written_at = run.written_at + (run.is_copy ? byte - run.begin : 0);
  if (is_behind) {
    // Behind the last byte: a made one is passed over as far as it is one character.
    const bool is_break = written_at < written.size() && (written[written_at] == '\n' || written[written_at] == '\r');
    if (!is_break && written_at < written.size()) ++written_at;
    while (written_at < written.size() && (static_cast<unsigned char>(written[written_at]) & 0xC0U) == 0x80U)
      ++written_at;
  }
  while (run.is_copy && written_at > 0 && written_at < written.size() &&
         (static_cast<unsigned char>(written[written_at]) & 0xC0U) == 0x80U)
    --written_at;
  return codec::point_at(written, document_.place(), written_at);
}

}  // namespace psdl::gatekeeper
