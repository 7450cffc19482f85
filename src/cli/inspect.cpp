// psdl inspect: what files offer: entry points with their metadata, and all rules.
#include <fmt/format.h>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"

namespace psdl::cli {
namespace {

// Rule names and files need no escapes beyond these.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string as_json(const Policy& policy) {
  std::string entries;
  for (const EntryPoint& entry : policy.entry_points()) {
    entries +=
        fmt::format("{}{{\"path\":{},\"id\":{},\"title\":{},\"severity\":{},\"location\":{{\"file\":{},\"row\":{}}}}}",
                    entries.empty() ? "" : ",", quoted(entry.path), quoted(entry.id), quoted(entry.title),
                    quoted(tools::severity_word(entry.severity)), quoted(entry.file), entry.line);
  }
  std::string rules;
  for (const std::string& rule : policy.rules()) {
    const std::size_t blank = rule.rfind(' ');
    rules += fmt::format("{}{{\"path\":{},\"kind\":{}}}", rules.empty() ? "" : ",", quoted(rule.substr(0, blank)),
                         quoted(rule.substr(blank + 1)));
  }
  return tools::indent_json(fmt::format("{{\"entryPoints\":[{}],\"rules\":[{}]}}", entries, rules)) + "\n";
}

std::string as_text(const Policy& policy) {
  std::string text = "entry points:\n";
  for (const EntryPoint& entry : policy.entry_points()) {
    text += fmt::format("  {}  {}[{}]  {}:{}{}{}\n", entry.path, tools::severity_word(entry.severity), entry.id,
                        entry.file, entry.line, entry.title.empty() ? "" : "  ", entry.title);
  }
  if (policy.entry_points().empty()) text += "  none: nothing here is named deny, violation or warn\n";
  text += "rules:\n";
  for (const std::string& rule : policy.rules()) text += "  " + rule + "\n";
  return text;
}

}  // namespace

int run_inspect(const Words& words) {
  Arguments arguments("inspect", "PATH..",
                      "Lists what rule files hold: the entry points that findings come from, and all rules.",
                      "examples:\n  psdl inspect rules/\n  psdl inspect -o json rule.psdl\n");
  Globals globals;
  Words paths;
  arguments.positionals("PATH", paths, "rule files, or directories of them");
  arguments.globals(globals, "text|json");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (paths.empty()) {
    complain("inspect: name a rule file or a directory");
    return kError;
  }
  EngineOptions options;
  if (!globals.engine_options(options)) return kError;
  PolicyBuilder builder(options);
  if (!add_all_rules(builder, paths)) return kError;
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  show(problems, globals);
  if (!policy) return kError;
  Output out;
  out.write(globals.format() == "json" ? as_json(policy) : as_text(policy));
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
