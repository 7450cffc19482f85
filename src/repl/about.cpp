// What rules and values are: types, pages, reasons, what the standards say.
#include <fmt/format.h>

#include <algorithm>

#include "psdl/tools/reference.hpp"
#include "psdl/tools/rule_pages.hpp"
#include "psdl/tools/schema.hpp"
#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

constexpr std::size_t kMostFields = 3;  // of a type, shown

// "bool?   optional", "core/v1 SecurityContext?   optional; {a?: bool, .. 8 more}".
std::string type_line(const tools::SchemaPlace& place, bool ascii) {
  std::string fields;
  for (std::size_t i = 0; i < std::min(kMostFields, place.fields.size()); ++i) {
    const tools::SchemaField& field = place.fields[i];
    fields += fmt::format("{}{}{}: {}", i == 0 ? "" : ", ", field.name, field.is_optional ? "?" : "", field.type);
  }
  const std::size_t more = place.fields.size() - std::min(kMostFields, place.fields.size());
  if (more > 0) fields += fmt::format(", {} {} more", ascii ? ".." : "…", more);
  std::string line = place.type + (place.is_optional ? "?" : "");
  if (place.is_optional || !fields.empty()) line += "  ";
  if (place.is_optional) line += " optional";
  if (!fields.empty()) line += fmt::format("{} {{{}}}", place.is_optional ? ";" : "", fields);
  return line;
}

std::string without_quotes(const std::string& text) {
  return text.size() > 2 && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

void Session::level(std::string_view rest) {
  DiagnosticList problems;
  if (rest == "off") return level_.reset();
  if (!rest.empty()) {
    const std::optional<Level> named = parse_level(rest, problems);
    if (!named) return complain(problems[0].message);
    level_ = named;
  }
  const InputFile& file = workspace_.contents().input;
  if (!level_) return tell("no level; :level restricted judges the input\n");
  if (file.text == nullptr) return complain("there is no input to judge; :input FILE");
  PolicyBuilder builder(setup_.engine);
  StandardOptions options;
  options.level = *level_;
  const bool is_added = add_standard(builder, options, problems);
  const Policy policy = is_added ? builder.build(problems) : Policy();
  if (!policy) return complain(problems);
  std::string lines;
  std::size_t pods = 0;
  std::size_t count = 0;
  EvaluateOptions how;
  how.judges_pods = true;
  Evaluator evaluator(policy, how);
  const Running running(*this, [&evaluator] { evaluator.cancel(); });
  evaluator.evaluate(*file.text, DocumentFormat::Auto, file.path, [&](const Verdict& verdict) {
    if (verdict.object.document != file.number) return verdict.object.document < file.number;
    if (verdict.errors != nullptr && !verdict.errors->empty()) problems.append(*verdict.errors);
    if (verdict.pod_proof != PodProof::Absent) ++pods;
    count += verdict.findings.size();
    for (const Finding& one : verdict.findings) {
      const Location& at = one.location;
      lines += safe(fmt::format("  {}  {}:{}:{}  {}", one.rule, at.file, at.line, at.column, one.message)) + "\n";
    }
    return true;
  });
  if (running.was_cancelled()) return tell_interrupted();
  if (problems.has_errors()) return complain(problems[0].message);
  std::string what = pods == 0 ? "not judged: there is no pod spec" : tools::plural(count, "finding");
  if (pods > 1) what += fmt::format(" in {} pods", pods);  // of a List
  const std::string version = fmt::format("v1.{}", options.version.evaluated_minor());
  write(safe(fmt::format("{} {}: {}", level_name(*level_), version, what)) + "\n" + lines);
}

// Whether it is a path below input or pod, of a kind that has a type.
bool Session::type_by_schema(std::string_view path) {
  std::optional<std::vector<std::string>> steps = path_steps(path);
  if (!steps) return false;
  const bool is_pod = steps->front() == "pod" && !workspace_.pod_path().empty();
  const ObjectIdentity object = workspace_.input().object();
  if ((!is_pod && steps->front() != "input") || object.kind.empty()) return false;
  steps->erase(steps->begin());
  if (is_pod) {
    const std::vector<std::string> place = *path_steps(workspace_.pod_path());
    steps->insert(steps->begin(), place.begin() + 1, place.end());
  }
  const tools::SchemaPlace place = tools::schema_at(object.api_version, object.kind, *steps);
  if (place.is_known) {
    write(safe(type_line(place, setup_.style.ascii)) + "\n");
  } else {
    complain(place.problem);
  }
  return true;
}

void Session::type(std::string_view rest) {
  if (rest.empty()) return complain("name a path or an expression: :type input.spec");
  if (type_by_schema(rest)) return;
  const std::string query_text = fmt::format("type_name({})", rest);
  if (stop_ != nullptr) {
    const tools::DebugValue value = stop_->evaluate(0, query_text);
    if (value.is_ended) return tell_interrupted();
    if (!value.errors.empty()) return complain(value.errors[0].message);
    return write(safe(value.is_defined ? without_quotes(value.text) : "undefined") + "\n");
  }
  DiagnosticList problems;
  const Query query = workspace_.prepare(query_text, problems);
  if (!query) return complain(problems.empty() ? std::string_view("no type is known") : problems[0].message);
  tools::Debugger& debugger = workspace_.debugger();
  const Running running(*this, [&debugger] { debugger.cancel(); });
  const tools::DebugAnswer answer = debugger.run(query);
  if (answer.is_ended) return tell_interrupted();
  if (!answer.errors.empty()) return complain(answer.errors[0].message);
  write(safe(answer.rows.empty() ? "undefined" : without_quotes(answer.rows.front().values.front())) + "\n");
}

void Session::doc(std::string_view rest) {
  if (rest.empty()) return complain("name a builtin, a rule, or a rule of the standards: :doc startswith");
  std::vector<std::string> names = workspace_.rule_names();
  for (const tools::BuiltinInfo& one : tools::builtin_infos()) {
    if (one.name == rest) return write(fmt::format("{}{}\n{}\n  {}\n", one.name, one.signature, one.doc, one.example));
    names.emplace_back(one.name);
  }
  const std::string path = workspace_.find_rule(rest);
  for (const std::string& row : workspace_.policy().rules()) {
    if (row.substr(0, row.rfind(' ')) != path) continue;
    std::string text = row + "\n";
    for (const EntryPoint& entry : workspace_.policy().entry_points()) {
      if (entry.path != path) continue;
      text += fmt::format("{}:{}{}{}\n", entry.file, entry.line, entry.title.empty() ? "" : "  ", entry.title);
      for (const RuleInfo& info : workspace_.policy().rule_infos()) {
        if (info.id == entry.id && !info.description.empty()) text += info.description + "\n";
      }
    }
    return write(safe_lines(text));
  }
  if (const std::string page = tools::rule_page(rest); !page.empty()) return write(page);
  const std::string near = nearest(rest, names);
  complain(fmt::format("nothing is known of {}{}", rest.substr(0, 80),
                       near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

void Session::why(std::string_view rest) {
  if (refuse_while_stopped()) return;
  std::string asked(rest.empty() ? std::string_view(last_query_) : rest);
  if (asked.empty()) return complain("name a rule or a query: :why data.example.deny");
  const std::string path = is_rule_path("data." + asked) || is_rule_path(asked) ? workspace_.find_rule(asked) : "";
  if (!path.empty()) asked = path;
  if (is_rule_path(asked) && path.empty()) {
    return complain(fmt::format("there is no rule {}{}", asked, did_you_mean_rule(asked)));
  }
  DiagnosticList problems;
  const Query query = workspace_.prepare(asked, problems);
  if (!query) return complain(problems);
  if (why_ == nullptr) {
    why_ = std::make_unique<tools::Why>(workspace_.policy());
    why_->set_input(workspace_.input());
  }
  last_query_ = asked;
  if (!why_->ask(query)) return complain("a program image has lost its source: nothing tells why");
  const Running running(*this, [this] { why_->cancel(); });
  const std::vector<tools::WhyAnswer> answers = why_->explain();
  if (running.was_cancelled()) return tell_interrupted();
  for (const tools::WhyAnswer& answer : answers) {
    if (!answer.errors.empty()) {
      complain(answer.errors);
    } else {
      write(tools::render_why(answer, setup_.style));
    }
  }
}

void Session::unknown(std::string_view /*rest*/) {
  complain(
      "there is no partial evaluation: every document is evaluated whole; :why tells what an answer hangs on, "
      "psdl build --bind what is known before any document");
}

}  // namespace psdl::repl
