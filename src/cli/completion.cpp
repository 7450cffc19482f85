// psdl completion: what a shell has to read once. The script asks `psdl __complete WORD..` at each Tab, so that flags,
// values and rules are those of the binary at hand, and nothing of them is written down twice.
#include "cli/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "embedded/completion_files.hpp"
#include "psdl/standards.hpp"

namespace psdl::cli {
namespace {

class Candidates {
 public:
  explicit Candidates(std::string_view typed) : typed_(typed) {}

  // `prefix` is what stands before the value in the same word: "--level=".
  void add(std::string_view value, std::string_view help = {}, std::string_view prefix = {}) {
    const std::string whole = fmt::format("{}{}", prefix, value);
    if (!whole.starts_with(typed_)) return;
    out_ += whole;
    if (!help.empty()) out_ += fmt::format("\t{}", help);
    out_ += '\n';
  }
  void allow_files() { rest_ = ":files\n"; }
  void allow_directories() { rest_ = ":dirs\n"; }
  [[nodiscard]] std::string text() const { return out_ + std::string(rest_); }

 private:
  std::string typed_;
  std::string out_;
  std::string_view rest_ = ":none\n";
};

void add_versions(Candidates& out, std::string_view prefix) {
  out.add("latest", {}, prefix);
  for (std::uint32_t minor = newest_standard_minor() + 1; minor-- > 0;)
    out.add(fmt::format("v1.{}", minor), {}, prefix);
}

// One word of a value (option_tree.hpp).
void add_word(Candidates& out, std::string_view word, std::string_view prefix) {
  constexpr std::array<std::string_view, 7> files{"FILE", "FILES", "PATH", "PATH#OBJECT", "RULE", "TEMPLATE", "SOURCE"};
  if (word.empty()) return;
  const bool is_literal =
      word.front() >= 'a' && word.front() <= 'z' && word.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == word.npos;
  if (is_literal) out.add(word, {}, prefix);
  else if (word == "VERSION") add_versions(out, prefix);
  else if (word == "DIR") out.allow_directories();
  else if (std::find(files.begin(), files.end(), word) != files.end()) out.allow_files();
  else if (word == "VERB") {
    for (const Verb& verb : verbs()) out.add(verb.name, verb.what, prefix);
  } else if (word == "ID") {
    for (const RuleInfo& rule : shipped_rules()) out.add(rule.id, rule.name, prefix);
  } else if (word == "REPORT") {
    out.add("auto", "what the place asks for: a terminal, a workflow", prefix);
    for (const tools::ReportFormatInfo& format : tools::report_formats())
      out.add(format.name, format.description, prefix);
  }
}

void add_value(Candidates& out, std::string_view what, std::string_view prefix) {
  while (!what.empty()) {
    const std::size_t end = std::min(what.find('|'), what.size());
    add_word(out, what.substr(0, end), prefix);
    what.remove_prefix(std::min(end + 1, what.size()));
  }
}

void add_value(Candidates& out, const OptionInfo& option, std::string_view typed, std::string_view prefix) {
  // A format that is typed out is followed by the path it goes to.
  if (typed.substr(prefix.size()).find('=') != std::string_view::npos) out.allow_files();
  else add_value(out, option.choices.empty() ? option.what : option.choices, prefix);
}

const OptionInfo* find_option(const OptionTree& tree, std::string_view name) {
  for (const OptionInfo& option : tree.options) {
    if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) return &option;
  }
  return nullptr;
}

void add_flags(Candidates& out, const OptionTree& tree, std::span<const std::string> given) {
  for (const OptionInfo& option : tree.options) {
    const auto is_given = [&](const std::string& name) {
      return std::find(given.begin(), given.end(), name) != given.end();
    };
    if (!option.is_repeatable && std::any_of(option.names.begin(), option.names.end(), is_given)) continue;
    for (const std::string& name : option.names) {
      // A short name is offered where there is no long one.
      if (name.starts_with("--") || option.names.size() == 1) out.add(name, option.help);
    }
  }
}

// How many arguments that are no flags, nor values of such, stand there.
std::size_t count_positionals(const OptionTree& tree, std::span<const std::string> words) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with('-')) {
      ++count;
      continue;
    }
    const OptionInfo* option = find_option(tree, words[i]);
    if (option != nullptr && option->takes_word()) ++i;
  }
  return count;
}

void add_positional(Candidates& out, const OptionTree& tree, std::span<const std::string> before) {
  std::string_view what = tree.positional;
  // "rule|template|pack NAME": the choice is for the first of them.
  if (const std::size_t blank = what.find(' '); blank != std::string_view::npos)
    what = count_positionals(tree, before) == 0 ? what.substr(0, blank) : what.substr(blank + 1);
  add_value(out, what, {});
}

std::string verb_candidates(std::span<const Verb> listed, std::string_view typed) {
  Candidates out(typed);
  for (const Verb& verb : listed) out.add(verb.name, verb.what);
  return out.text();
}

int print(const std::string& text) {
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

}  // namespace

std::string candidates(const OptionTree& tree, const std::vector<std::string>& words) {
  const std::string_view typed = words.empty() ? std::string_view() : words.back();
  const std::span<const std::string> before(words.data(), words.empty() ? 0 : words.size() - 1);
  Candidates out(typed);
  const OptionInfo* last = before.empty() ? nullptr : find_option(tree, before.back());
  const std::size_t equals = typed.starts_with("--") ? typed.find('=') : std::string_view::npos;
  if (last != nullptr && last->takes_word()) {
    add_value(out, *last, typed, {});
  } else if (equals != std::string_view::npos) {
    if (const OptionInfo* option = find_option(tree, typed.substr(0, equals));
        option != nullptr && !option->what.empty())
      add_value(out, *option, typed, typed.substr(0, equals + 1));
  } else if (typed.starts_with('-')) {
    add_flags(out, tree, before);
  } else {
    add_positional(out, tree, before);
  }
  return out.text();
}

int run_complete(const Words& words) {
  std::size_t at = 0;
  std::span<const Verb> listed = verbs();
  std::vector<Verb> below;
  Words ask{std::string(kAsksForCandidates)};
  for (; at + 1 < words.size(); ++at) {
    if (words[at].starts_with('-')) {  // flags of every verb may stand before it
      ask.push_back(words[at]);
      if (takes_value(words[at]) && at + 2 < words.size()) ask.push_back(words[++at]);
      continue;
    }
    const auto verb =
        std::find_if(listed.begin(), listed.end(), [&](const Verb& one) { return one.name == words[at]; });
    if (verb == listed.end()) return print(":none\n");
    below = verbs_below(verb->name);
    if (below.empty() || listed.data() != verbs().data()) {
      ask.insert(ask.end(), words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end());
      return verb->run(ask);
    }
    listed = below;
  }
  const std::string typed = words.empty() ? std::string() : words.back();
  if (!typed.starts_with('-') && (ask.size() == 1 || !takes_value(ask.back())))
    return print(verb_candidates(listed, typed));
  ask.push_back(typed);
  Arguments arguments("", "", "", "");
  Globals globals;
  arguments.globals(globals);
  int exit_code = kClean;
  return arguments.parse(ask, exit_code) == Parsed::Stop ? exit_code : kClean;
}

int run_completion(const Words& words) {
  Arguments arguments("completion", "bash|zsh|fish",
                      "Prints what makes a shell complete psdl's verbs, flags and values.",
                      "examples:\n"
                      "  source <(psdl completion bash)                             this session\n"
                      "  psdl completion bash > /etc/bash_completion.d/psdl         every session\n"
                      "  psdl completion zsh > \"${fpath[1]}/_psdl\"\n"
                      "  psdl completion fish > ~/.config/fish/completions/psdl.fish\n");
  Words shells;
  arguments.positionals("bash|zsh|fish", shells, "the shell");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (shells.size() != 1) {
    complain("completion: name one shell: bash, zsh or fish");
    return kError;
  }
  for (const auto& [name, text] : embedded::completion_files()) {
    if (name == "psdl." + shells.front()) return print(std::string(text));
  }
  refuse_choice("completion", shells.front(), {"bash", "zsh", "fish"});
  return kError;
}

}  // namespace psdl::cli
