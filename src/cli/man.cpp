// psdl man: psdl(1) and a page for each verb, on standard output or as files of a directory.
#include "cli/man.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

// Text as roff reads it back. `word` becomes bold; a line that begins with a dot or a quote is no request.
std::string roff(std::string_view text, bool has_marks = true) {
  std::string out;
  bool is_bold = false;
  bool is_line_start = true;
  for (const char c : text) {
    if (is_line_start && (c == '.' || c == '\'')) out += "\\&";
    is_line_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '^' || c == '~') {
      out += c == '^' ? "\\(ha" : "\\(ti";
    } else if (c == '`' && has_marks) {
      is_bold = !is_bold;
      out += is_bold ? "\\fB" : "\\fR";
    } else if (c == '`' || c == '\'') {
      out += c == '`' ? "\\(ga" : "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

std::string capitals(std::string_view text) {
  std::string out(text);
  std::replace(out.begin(), out.end(), ' ', '-');
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

std::string dashed(std::string_view verb) {
  std::string out(verb);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

// No date: two builds of one version are the same bytes.
std::string heading(std::string_view name, std::string_view what) {
  return fmt::format(".TH {} 1 \"\" \"psdl {}\" \"PSDL\"\n.SH NAME\n{} \\- {}\n", roff(capitals(name)), version(),
                     roff(name), roff(what));
}

std::string option(const OptionInfo& info) {
  std::string names;
  for (const std::string& name : info.names) {
    if (!names.empty()) names += ", ";
    names += fmt::format("\\fB{}\\fR", roff(name));
  }
  if (info.is_value_optional) names += fmt::format("[=\\fI{}\\fR]", roff(info.what));
  else if (!info.what.empty()) names += fmt::format(" \\fI{}\\fR", roff(info.what));
  std::string help = roff(info.help);
  if (!info.choices.empty() && info.choices != "REPORT") help += ": " + roff(info.choices);
  return fmt::format(".TP\n{}\n{}\n", names, help);
}

std::string options(const OptionTree& tree, std::string_view group) {
  std::string out;
  for (const OptionInfo& info : tree.options) {
    if (info.group == group) out += option(info);
  }
  return out;
}

std::string verbatim(std::string_view text) { return fmt::format(".nf\n{}.fi\n", roff(text, false)); }

// "examples:\n  psdl ..\nexit: .." as the sections EXAMPLES and EXIT STATUS.
std::string examples_and_status(std::string_view text) {
  const std::size_t exit = text.starts_with("exit:") ? 0 : std::min(text.find("\nexit:"), text.size());
  std::string_view examples = text.substr(0, exit);
  std::string_view status = exit == text.size() ? std::string_view() : text.substr(text.find(':', exit) + 1);
  std::string out;
  if (examples.starts_with("examples:\n")) examples.remove_prefix(10);
  while (!examples.empty() && examples.back() == '\n') examples.remove_suffix(1);
  if (!examples.empty()) out += ".SH EXAMPLES\n" + verbatim(std::string(examples) + "\n");
  std::string line;  // the status, without its line breaks
  for (const char c : status) {
    if (c != '\n' && !(c == ' ' && (line.empty() || line.back() == ' '))) line += c;
  }
  if (!line.empty()) out += ".SH EXIT STATUS\n" + roff(line) + "\n";
  return out;
}

std::string see_also(std::string_view verb) {
  std::string out = ".SH SEE ALSO\n";
  if (verb.find(' ') != std::string_view::npos)
    out += fmt::format(".BR psdl\\-{} (1),\n", verb.substr(0, verb.find(' ')));
  return out + ".BR psdl (1)\n";
}

std::string list_of_verbs(std::span<const Verb> listed, std::string_view prefix) {
  std::string out;
  for (const Verb& verb : listed)
    out += fmt::format(".TP\n.BR {}\\-{} (1)\n{}\n", roff(prefix), roff(verb.name), roff(verb.what));
  return out;
}

// The page of a verb that only has verbs of its own.
std::string family_page(const Verb& family, std::span<const Verb> members) {
  return heading(fmt::format("psdl-{}", family.name), family.what) +
         fmt::format(".SH SYNOPSIS\n.B psdl {}\n.I VERB\n.RI [ OPTION ]... \" \" ARGUMENT ...\n.SH VERBS\n",
                     family.name) +
         list_of_verbs(members, fmt::format("psdl-{}", family.name)) + see_also(family.name);
}

constexpr std::string_view kOverview =
    ".SH SYNOPSIS\n"
    ".B psdl\n"
    ".RI [ OPTION ]... \" \" VERB \" \" [ OPTION ]... \" \" [ ARGUMENT ]...\n"
    ".SH DESCRIPTION\n"
    "Reads rules in Rego's language, runs them over YAML or JSON, and points at the line of the manifest that is "
    "wrong.\n"
    "What a verb prints is on standard output, what it has to say about itself on standard error.\n"
    ".SH VERBS\n";
constexpr std::string_view kOverviewEnd =
    ".SH ENVIRONMENT\n"
    "Each flag may be given as a variable: \\fBPSDL_FAIL_ON\\fR stands for \\fB\\-\\-fail\\-on\\fR where that is not "
    "given.\n"
    "\\fBNO_COLOR\\fR, \\fBFORCE_COLOR\\fR and \\fBCLICOLOR_FORCE\\fR turn colours off and on; "
    "\\fBSOURCE_DATE_EPOCH\\fR is the\n"
    "time that reports carry.\n"
    ".SH FILES\n"
    ".TP\n"
    "\\fIpsdl.yaml\\fR\n"
    "settings of a repository: the first one from the working directory upwards\n"
    ".TP\n"
    "\\fI$XDG_CONFIG_HOME/psdl/config.yaml\\fR\n"
    "settings of a user\n"
    ".TP\n"
    "\\fI.psdlignore\\fR\n"
    "files that are passed over\n"
    ".SH EXIT STATUS\n"
    "0 clean, 1 findings, 2 error: nothing is known, 70 a bug of ours, 130 interrupted\n";

std::string overview_page() {
  Arguments arguments("", "", "", "");
  Globals globals;
  arguments.globals(globals);
  const OptionTree tree = arguments.tree();
  return heading("psdl", "policies over Kubernetes manifests, with the line that is wrong") + std::string(kOverview) +
         list_of_verbs(verbs(), "psdl") + ".SH OPTIONS OF EVERY VERB\n" + options(tree, kGlobalOptions) +
         ".SH LIMITS\n" + options(tree, kLimits) + std::string(kOverviewEnd);
}

bool write_page(const std::string& path, const std::string& text) {
  Output out(path);
  out.write(text);
  return out.finish();
}

bool write_all_pages(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) {
    complain(fmt::format("cannot make {}: {}", tools::escape_for_terminal(directory), failure.message()));
    return false;
  }
  if (!write_page(directory + "/psdl.1", overview_page())) return false;
  for (const Verb& verb : verbs()) {
    const std::vector<Verb> members = verbs_below(verb.name);
    const std::string stem = fmt::format("{}/psdl-{}", directory, verb.name);
    if (members.empty() && verb.run({std::string(kAsksForPage), stem + ".1"}) != kClean) return false;
    if (!members.empty() && !write_page(stem + ".1", family_page(verb, members))) return false;
    for (const Verb& member : members) {
      if (member.run({std::string(kAsksForPage), fmt::format("{}-{}.1", stem, member.name)}) != kClean) return false;
    }
  }
  return true;
}

int print(const std::string& text) {
  Output out;
  out.write(text);
  return out.finish() ? kClean : kError;
}

int unknown_page(const Words& named, std::span<const Verb> candidates) {
  Words names;
  for (const Verb& verb : candidates) names.emplace_back(verb.name);
  complain(
      fmt::format("man: no verb `{}`{}", tools::escape_for_terminal(named.back()), did_you_mean(named.back(), names)));
  return kError;
}

int print_page(const Words& named) {
  if (named.empty()) return print(overview_page());
  const auto find = [](std::span<const Verb> where, const std::string& name) {
    const auto at = std::find_if(where.begin(), where.end(), [&](const Verb& verb) { return verb.name == name; });
    return at == where.end() ? nullptr : &*at;
  };
  const Verb* verb = find(verbs(), named.front());
  if (verb == nullptr) return unknown_page({named.front()}, verbs());
  const std::vector<Verb> members = verbs_below(verb->name);
  if (named.size() == 1)
    return members.empty() ? verb->run({std::string(kAsksForPage)}) : print(family_page(*verb, members));
  const Verb* member = find(members, named[1]);
  if (member == nullptr || named.size() > 2) return unknown_page(named, members);
  return member->run({std::string(kAsksForPage)});
}

std::string_view what_of(const std::string& verb) {
  const std::size_t blank = verb.find(' ');
  const std::vector<Verb> members = verbs_below(verb.substr(0, blank));
  const std::string name = blank == std::string::npos ? verb : verb.substr(blank + 1);
  for (const Verb& one : members.empty() ? verbs() : std::span<const Verb>(members)) {
    if (one.name == name) return one.what;
  }
  return {};
}

}  // namespace

std::string man_page(const OptionTree& tree) {
  std::string out = heading("psdl-" + dashed(tree.verb), what_of(tree.verb));
  out += fmt::format(".SH SYNOPSIS\n.B psdl {}\n.RI [ OPTION ]...", roff(tree.verb));
  if (!tree.synopsis.empty()) out += fmt::format(" \" \" \"{}\"", roff(tree.synopsis));
  out += fmt::format("\n.SH DESCRIPTION\n{}\n", roff(tree.description));
  out += ".SH OPTIONS\n";
  if (!tree.positional.empty())
    out += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(tree.positional), roff(tree.positional_help));
  out += options(tree, kOwnOptions);
  bool has_globals = false;
  for (const OptionInfo& info : tree.options) {
    has_globals = has_globals || info.group == kGlobalOptions;
    if (info.group == kGlobalOptions && !info.choices.empty()) out += option(info);
  }
  if (has_globals) out += ".PP\nOptions of every verb and limits are described in\n.BR psdl (1).\n";
  return out + examples_and_status(tree.examples) + see_also(tree.verb);
}

int run_man(const Words& words) {
  Arguments arguments("man", "[VERB [VERB]]", "Prints the manual page of psdl or of a verb, for man(1).",
                      "examples:\n  psdl man scan | man -l -\n  psdl man template verify\n  psdl man --dir man/man1\n");
  Words named;
  std::string directory;
  arguments.positionals("VERB", named, "a verb, and its own verb where it has such");
  arguments.value("--dir", directory, "write all pages into this directory", "DIR");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (directory.empty()) return print_page(named);
  if (!named.empty()) {
    complain("man: --dir writes all pages: name no verb");
    return kError;
  }
  return write_all_pages(directory) ? kClean : kError;
}

}  // namespace psdl::cli
