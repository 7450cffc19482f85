// `--name=value`, `--name value`, `-abc`, `-nvalue`, `-n=value`; flags and arguments in any order.
#include "cli/gator_flags.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "psdl/tools/report.hpp"

namespace psdl::cli {
namespace {

bool read_truth(const std::string& text, bool& truth) {
  constexpr std::string_view yes[] = {"1", "t", "T", "true", "TRUE", "True"};
  constexpr std::string_view no[] = {"0", "f", "F", "false", "FALSE", "False"};
  truth = std::find(std::begin(yes), std::end(yes), text) != std::end(yes);
  return truth || std::find(std::begin(no), std::end(no), text) != std::end(no);
}

}  // namespace

bool GatorFlags::assign(const Row& row, std::string_view shown, const std::string& value, std::string& error) {
  if (row.text != nullptr) *row.text = value;
  if (row.list != nullptr) row.list->push_back(value);
  if (row.flag == nullptr || read_truth(value, *row.flag)) return true;
  error = fmt::format("invalid argument \"{}\" for \"{}\" flag: strconv.ParseBool: parsing \"{}\": invalid syntax",
                      tools::escape_for_terminal(value), shown, tools::escape_for_terminal(value));
  return false;
}

bool GatorFlags::parse_long(const Words& words, std::size_t& at, std::string& error) const {
  const std::string word = words[at].substr(2);
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& one) { return one.name == name; });
  if (row == rows_.end()) {
    error = fmt::format("unknown flag: --{}", tools::escape_for_terminal(name));
    return false;
  }
  const std::string shown = row->letter == 0 ? fmt::format("--{}", name) : fmt::format("-{}, --{}", row->letter, name);
  if (equals != std::string::npos) return assign(*row, shown, word.substr(equals + 1), error);
  if (row->flag != nullptr) return assign(*row, shown, "true", error);
  if (at + 1 < words.size()) return assign(*row, shown, words[++at], error);
  error = fmt::format("flag needs an argument: --{}", name);
  return false;
}

bool GatorFlags::parse_letters(const Words& words, std::size_t& at, std::string& error) const {
  const std::string& word = words[at];
  for (std::size_t i = 1; i < word.size(); ++i) {
    const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Row& one) { return one.letter == word[i]; });
    if (row == rows_.end()) {
      error = fmt::format("unknown shorthand flag: '{}' in {}", tools::escape_for_terminal(word.substr(i, 1)),
                          tools::escape_for_terminal(word));
      return false;
    }
    const std::string shown = fmt::format("-{}, --{}", row->letter, row->name);
    const std::string rest = word.substr(i + 1);
    if (rest.size() > 1 && rest.front() == '=') return assign(*row, shown, rest.substr(1), error);
    if (row->flag != nullptr) {
      if (!assign(*row, shown, "true", error)) return false;
      continue;
    }
    if (!rest.empty()) return assign(*row, shown, rest, error);
    if (at + 1 < words.size()) return assign(*row, shown, words[++at], error);
    error = fmt::format("flag needs an argument: '{}' in {}", row->letter, tools::escape_for_terminal(word));
    return false;
  }
  return true;
}

bool GatorFlags::parse(const Words& words, Words& positionals, std::string& error) const {
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "--") {
      positionals.insert(positionals.end(), words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
      return true;
    }
    if (word.size() < 2 || word.front() != '-') {
      positionals.push_back(word);
    } else if (!(word[1] == '-' ? parse_long(words, at, error) : parse_letters(words, at, error))) {
      return false;
    }
  }
  return true;
}

}  // namespace psdl::cli
