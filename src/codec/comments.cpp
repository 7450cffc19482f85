// Looks for the word first, which is seldom there; only then libyaml's scanner tells what is inside a scalar.
#include "codec/comments.hpp"

#include <yaml.h>

#include <algorithm>

#include "codec/internal.hpp"
#include "codec/yaml_checks.hpp"

namespace psdl {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (is_blank(text.front()))) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Bytes of the text; line and column as libyaml counts, from 0.
struct Candidate {
  std::size_t hash = 0;
  std::size_t end = 0;  // of the line
  std::size_t word_end = 0;
  std::size_t line = 0;
  std::size_t column = 0;
  bool is_alone = false;
};

// Every `# WORD` with a blank or a line's start before it.
std::vector<Candidate> candidates(std::string_view text, std::string_view word) {
  std::vector<Candidate> found;
  std::size_t line = 0;
  std::size_t counted = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) {
    const std::size_t begin = line_begin(text, at);
    std::size_t hash = at;
    while (hash > begin && is_blank(text[hash - 1])) --hash;
    if (hash == begin || text[hash - 1] != '#') continue;
    --hash;
    if (hash > begin && !is_blank(text[hash - 1])) continue;
    const std::size_t word_end = at + word.size();
    if (word_end < text.size() && text[word_end] != ' ' && text[word_end] != '\t' && text[word_end] != '\n' &&
        text[word_end] != '\r')
      continue;
    Candidate one;
    one.hash = hash;
    one.word_end = word_end;
    one.end = std::min(text.find('\n', at), text.size());
    line += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                                text.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
    counted = begin;
    one.line = line;
    one.column = static_cast<std::size_t>(std::count_if(
        text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(hash),
        [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    one.is_alone = trimmed(text.substr(begin, hash - begin)).empty();
    found.push_back(one);
  }
  return found;
}

bool is_before(const yaml_mark_t& mark, const Candidate& one) {
  return mark.line < one.line || (mark.line == one.line && mark.column <= one.column);
}

// Takes out what stands inside a scalar. The header line of a block scalar (`key: |  # ..`) is not inside. Where the
// scanner gives up, nothing is a comment.
void drop_scalars(std::string_view text, std::vector<Candidate>& found) {
  yaml_parser_t parser{};
  if (yaml_parser_initialize(&parser) == 0) {
    found.clear();
    return;
  }
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  std::size_t next = 0;  // candidates come in the order of the text, and so do tokens
  std::vector<Candidate> kept;
  bool is_over = false;
  while (!is_over && next < found.size()) {
    yaml_token_t token{};
    if (yaml_parser_scan(&parser, &token) == 0) {
      is_over = true;
      break;
    }
    if (token.type == YAML_SCALAR_TOKEN) {
      while (next < found.size() && !is_before(token.start_mark, found[next])) kept.push_back(found[next++]);
      const bool is_block =
          token.data.scalar.style == YAML_LITERAL_SCALAR_STYLE || token.data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
      while (next < found.size() && !is_before(token.end_mark, found[next])) {
        if (is_block && found[next].line == token.start_mark.line) kept.push_back(found[next]);
        ++next;
      }
    } else if (token.type == YAML_STREAM_END_TOKEN) {
      kept.insert(kept.end(), found.begin() + static_cast<std::ptrdiff_t>(next), found.end());
      is_over = true;
    }
    yaml_token_delete(&token);
  }
  yaml_parser_delete(&parser);
  found = std::move(kept);
}

// The line, from 0, of the first content behind `from`; npos where there is none.
std::size_t next_content(std::string_view text, std::size_t from, std::size_t line) {
  while (from < text.size()) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string_view whole = text.substr(from, end - from);
    if (!whole.starts_with("#") && !codec::is_blank_or_comment(whole)) return line;
    from = end + 1;
    ++line;
  }
  return std::string_view::npos;
}

}  // namespace

std::vector<WordComment> comments_with(const Document& document, std::string_view word) {
  std::vector<WordComment> comments;
  if (document.format() == Format::Json) return comments;
  const std::string_view text = document.text();
  std::vector<Candidate> found = candidates(text, word);
  if (!found.empty()) drop_scalars(text, found);
  for (const Candidate& one : found) {
    WordComment comment;
    comment.at = codec::point_at(text, document.place(), one.hash);
    comment.text = trimmed(text.substr(one.word_end, one.end - one.word_end));
    comment.covers = comment.at.line;
    if (one.is_alone) {
      const std::size_t line = next_content(text, std::min(one.end + 1, text.size()), one.line + 1);
      comment.covers =
          line == std::string_view::npos ? 0 : comment.at.line + static_cast<std::uint32_t>(line - one.line);
    }
    comments.push_back(comment);
  }
  return comments;
}

std::vector<WordComment> passed_comments_with(std::string_view lines, std::uint32_t line, std::uint32_t content_line,
                                              std::string_view word) {
  std::vector<WordComment> comments;
  for (const Candidate& one : candidates(lines, word)) {
    if (!one.is_alone) continue;  // a comment that says more before the word
    WordComment comment;
    comment.at = {0, line + static_cast<std::uint32_t>(one.line), static_cast<std::uint32_t>(one.column) + 1};
    comment.text = trimmed(lines.substr(one.word_end, one.end - one.word_end));
    comment.covers = content_line;
    comments.push_back(comment);
  }
  return comments;
}

}  // namespace psdl
