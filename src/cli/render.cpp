// psdl template render: a rule as Gatekeeper's template, with its constraint and suite.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/inputs.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "cli/write_files.hpp"
#include "psdl/tools/render.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::cli {
namespace {

namespace fs = std::filesystem;

struct RenderFlags {
  Globals globals;
  Words words;
  Words data;
  tools::RenderOptions options;
  std::string directory;
  bool overwrites = false;
};

// `-o FILE`; `-o yaml` is standard output, as without it. What other verbs call a format is none here, and no name of a
// file.
std::optional<std::string> output_file(const Globals& globals) {
  if (globals.outputs.size() > 1) {
    complain("template render: one -o is enough");
    return std::nullopt;
  }
  if (globals.outputs.empty() || globals.outputs[0] == "yaml" || globals.outputs[0] == "-") return std::string();
  const std::string& given = globals.outputs[0];
  const std::string word = given.substr(0, given.find('='));
  if (word != "yaml" && tools::find_report_format(word) != nullptr) {
    complain(fmt::format(
        "template render writes YAML: -o takes yaml, or a file such as -o template.yaml, not the format `{}`", word));
    return std::nullopt;
  }
  return given.starts_with("yaml=") ? given.substr(5) : given;
}

// cases.yaml beside the rule, or in the folder that was named; empty: there is none.
std::string cases_of(const std::string& rule) {
  std::error_code ignored;
  const fs::path folder = fs::is_directory(rule, ignored) ? fs::path(rule) : fs::path(rule).parent_path();
  const fs::path cases = folder / "cases.yaml";
  return fs::exists(cases, ignored) ? cases.string() : std::string();
}

// Samples that the suite which is there names and the one that takes its place does not: of cases that are gone.
bool remove_stale_samples(const std::string& directory, const std::vector<tools::RenderedFile>& files) {
  std::string suite;
  std::string problem;
  std::vector<std::string> found;
  std::error_code failed;
  const fs::path samples = fs::path(directory) / "samples";
  const auto makes = [&](std::string_view path) {
    return std::any_of(files.begin(), files.end(), [&](const tools::RenderedFile& one) { return one.path == path; });
  };
  if (!makes("suite.yaml") || !fs::is_directory(samples, failed) ||
      !read_file((fs::path(directory) / "suite.yaml").string(), suite, problem))
    return true;
  if (!find_all_files(samples.string(), found)) return false;
  for (const std::string& file : found) {
    const std::string path = fs::path(file).lexically_relative(directory).generic_string();
    const std::size_t at = suite.find(path);
    // "samples/a.yaml" is no mention of a.yaml below another folder, nor of samples/a.yaml.orig.
    const std::size_t end = at + path.size();
    if (makes(path) || at == std::string::npos ||
        (end < suite.size() && std::string_view("\n\r\"', ]}").find(suite[end]) == std::string_view::npos))
      continue;
    if (!fs::remove(file, failed)) {
      complain(fmt::format("cannot remove {}: {}", tools::escape_for_terminal(file), failed.message()));
      return false;
    }
    tell(fmt::format("removed {}: no case is made into it any more\n", tools::escape_for_terminal(file)));
  }
  return true;
}

int render_rule(const RenderFlags& flags, const std::string& file) {
  EngineOptions engine;
  if (!flags.globals.engine_options(engine)) return kError;
  engine.whole_stdlib = false;
  PolicyBuilder builder(engine);
  if (!add_all_rules(builder, flags.words)) return kError;
  for (const std::string& data : flags.data) {
    if (!add_data_path(builder, data, false)) return kError;
  }
  DiagnosticList problems;
  const std::optional<tools::RenderedTemplate> made = tools::render_template(builder, flags.options, problems);
  show(problems, flags.globals);
  if (!made || problems.has_errors()) return kError;
  for (const std::string& note : made->notes) tell(fmt::format("note: {}\n", note));
  if (flags.directory.empty()) {
    Output out = file.empty() ? Output() : Output(file);
    out.write(made->template_yaml);
    return out.finish() ? kClean : kError;
  }
  std::vector<tools::RenderedFile> files = {{"template.yaml", made->template_yaml},
                                            {"samples/constraint.yaml", made->constraint_yaml}};
  if (const std::string cases = cases_of(flags.words.front()); !cases.empty()) {
    std::string text;
    std::string problem;
    if (!read_file(cases, text, problem)) {
      complain(problem);
      return kError;
    }
    DiagnosticList wrong;
    files = tools::render_suite(*made, text, cases, wrong);
    show(wrong, flags.globals);
    if (wrong.has_errors()) return kError;
  }
  if (flags.overwrites && !remove_stale_samples(flags.directory, files)) return kError;
  return write_files(flags.directory, files, flags.overwrites) ? kClean : kError;
}

int render_template(const RenderFlags& flags, const std::string& file) {
  if (!flags.data.empty() || !flags.options.kind.empty() || !flags.options.name.empty()) {
    complain("template render: --data, --kind and --name are for templates made of rules");
    return kError;
  }
  std::string text;
  std::string problem;
  if (!read_file(flags.words.front(), text, problem)) {
    complain(problem);
    return kError;
  }
  DiagnosticList problems;
  const std::optional<tools::RenderedRule> made = tools::render_rule(text, flags.words.front(), problems);
  show(problems, flags.globals);
  if (!made || problems.has_errors()) return kError;
  for (const std::string& note : made->notes) tell(fmt::format("note: {}\n", note));
  if (!flags.directory.empty()) {
    return write_files(flags.directory, {{"rule.psdl", made->rule}, {"cases.yaml", made->cases}}, flags.overwrites)
               ? kClean
               : kError;
  }
  Output out = file.empty() ? Output() : Output(file);
  out.write(made->rule);
  return out.finish() ? kClean : kError;
}

}  // namespace

int run_template_render(const Words& words) {
  RenderFlags flags;
  Arguments arguments(
      "template render", "RULE | TEMPLATE.yaml",
      "A rule with metadata as a ConstraintTemplate that Gatekeeper runs, or a ConstraintTemplate as a rule.",
      "examples:\n"
      "  psdl template render rules/extra/image_tags > template.yaml\n"
      "  psdl template render rules/extra/image_tags --out gatekeeper/image-tags\n"
      "  psdl template render template.yaml --out rules/image_tags\n");
  arguments.positionals("RULE", flags.words, "a rule file, or the directory of a rule; or one template");
  arguments.list("-d,--data", flags.data,
                 "what the rule imports; and data that becomes part of the template, or, of data.psdl.parameters, of "
                 "the constraint",
                 "PATH");
  arguments.value("--kind", flags.options.kind,
                  "the kind of the constraints; else `name` of the metadata, or the package's name", "KIND");
  arguments.value("--name", flags.options.name, "the name of the constraint; else made of the kind", "NAME");
  arguments.value("--out", flags.directory,
                  "write template.yaml, samples/ and suite.yaml (of cases.yaml beside the rule) into a directory",
                  "DIR");
  arguments.flag("--force", flags.overwrites,
                 "with --out: write over files that are there, and remove samples of cases that are gone");
  arguments.globals(flags.globals);
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;
  if (flags.words.empty()) {
    complain("template render: name a rule or a template");
    return kError;
  }
  const std::optional<std::string> file = output_file(flags.globals);
  if (!file) return kError;
  if (!file->empty() && !flags.directory.empty()) {
    complain(
        "template render: --out takes the template with its samples, -o the template alone: one of them is enough");
    return kError;
  }
  const bool is_template = kind_of(flags.words.front()) == FileKind::Data;
  if (is_template && flags.words.size() > 1) {
    complain("template render: one template at a time");
    return kError;
  }
  return is_template ? render_template(flags, *file) : render_rule(flags, *file);
}

}  // namespace psdl::cli
