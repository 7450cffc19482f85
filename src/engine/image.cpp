// Policies as program images. In: a policy; out: its image, with a section of the engine's own that says what findings need beside the program; and back.
// A query on an image is answered by the image's code, never from the texts that it carries for messages.
#include <fmt/format.h>

#include <algorithm>

#include "bytecode/image_io.hpp"
#include "bytecode/image_rows.hpp"
#include "compiler/plan_rules.hpp"
#include "engine/policy.hpp"
#include "plan/plan.hpp"
#include "syntax/parse.hpp"
#include "value/builders.hpp"
#include "value/member.hpp"
#include "value/number.hpp"
#include "vm/load.hpp"

namespace psdl {

template <>
inline constexpr std::uint8_t kImageChoices<FindingSeverity> = 3;
template <>
inline constexpr std::uint8_t kImageChoices<DocumentFormat> = 3;

template <class Io>
void fields(Io& io, typename Io::template Row<EntryPoint>& entry) {
  all(io, entry.path, entry.id, entry.title, entry.severity, entry.file, entry.line);
}
template <class Io>
void fields(Io& io, typename Io::template Row<RuleText>& rule) {
  all(io, rule.id, rule.title, rule.severity, rule.file, rule.line, rule.fix_json);
}
template <class Io>
void fields(Io& io, typename Io::template Row<FoundEntry>& entry) {
  all(io, entry.shown, entry.is_allow, entry.rules);
}
template <class Io>
void fields(Io& io, typename Io::template Row<NamedGroup>& group) {
  all(io, group.name, group.near_misses, group.packages, group.has_entry);
}
template <class Io>
void fields(Io& io, typename Io::template Row<RuleInfo>& info) {
  all(io, info.id, info.name, info.title, info.description, info.remediation, info.check, info.level, info.since, info.revisions, info.overrides, info.severity,
      info.security_severity, info.package, info.file, info.line);
}
template <class Io>
void fields(Io& io, typename Io::template Row<EntryPoints>& points) {
  all(io, points.entries, points.groups, points.infos);
}
template <class Io>
void fields(Io& io, typename Io::template Row<RulePlace>& place) {
  all(io, place.path, place.span);
}
template <class Io>
void fields(Io& io, typename Io::template Row<DataText>& data) {
  all(io, data.name, data.text, data.format, data.root);
}

namespace {

// What stands in the engine's section.
struct PolicyRow {
  EntryPoints entry_points;
  bool reads_request = false;
  bool reads_list_items = true;
  std::vector<RulePlace> places;
  std::vector<DataText> data;
  ImageBlob plain;  // an image of plain_program(); empty where it is the same program
};

}  // namespace

template <class Io>
void fields(Io& io, typename Io::template Row<PolicyRow>& policy) {
  all(io, policy.entry_points, policy.reads_request, policy.reads_list_items, policy.places, policy.data, policy.plain);
}

namespace {

bool is_at_or_below(std::string_view path, std::string_view root) {
  return path == root || (path.starts_with(root) && (path[root.size()] == '.' || path[root.size()] == '['));
}

// Every entry point once, each with code behind it, and what was named holds one where it says so: else an image could be taken for clean that asks nothing.
std::optional<Error> check_entry_points(const EntryPoints& points, const Program& program) {
  const auto wrong = [](std::string message) { return Error{"image_entry_point", std::move(message)}; };
  for (std::size_t i = 0; i < points.entries.size(); ++i) {
    const std::string& path = points.entries[i].shown.path;
    if (i > 0 && points.entries[i - 1].shown.path >= path) return wrong(fmt::format("entry point {} stands there twice, or out of order", path));
    const bool has_code = std::any_of(program.functions.begin(), program.functions.end(), [&](const Function& function) {
      const bool is_rule = function.kind == FunctionKind::Complete || function.kind == FunctionKind::Set || function.kind == FunctionKind::Object;
      return is_rule && is_at_or_below(function.path, path);
    });
    if (!has_code) return wrong(fmt::format("entry point {} has no code", path));
  }
  for (const NamedGroup& group : points.groups) {
    const bool has_entry = std::any_of(points.entries.begin(), points.entries.end(), [&](const FoundEntry& entry) {
      return std::any_of(group.packages.begin(), group.packages.end(), [&](const std::string& package) { return is_at_or_below(entry.shown.path, package); });
    });
    if (group.has_entry && !has_entry) return wrong(fmt::format("nothing of {} is an entry point", group.name));
  }
  return std::nullopt;
}

std::optional<Error> read_policy(std::string_view bytes, const Program& program, PolicyRow& row) {
  Arena arena;
  ImageReader in(bytes, arena, "Policy");
  fields(in, row);
  if (!in.is_at_end()) in.refuse("image_section", "there are bytes behind its last row");
  if (in.fault().has_value()) return in.fault();
  for (const RulePlace& place : row.places) {
    if (place.span.source >= program.sources.size()) return Error{"image_place", "the place of a rule lies outside its source"};
  }
  return check_entry_points(row.entry_points, program);
}

// The program that the twin runs reads the same documents and has the same functions, under the same numbers.
std::optional<Error> read_plain(std::string_view bytes, const std::shared_ptr<const Program>& program, std::shared_ptr<const Program>& plain) {
  plain = program;
  if (bytes.empty()) return std::nullopt;
  Result<LoadedImage> loaded = load_program(bytes);
  if (!loaded) return Error{loaded.error().code, "the plain program: " + loaded.error().message};
  plain = loaded->program;
  bool same = plain->keys->size() == program->keys->size() && plain->functions.size() <= program->functions.size() && plain->sources.size() == program->sources.size();
  for (std::size_t i = 0; same && i < plain->keys->size(); ++i) same = plain->keys->name(static_cast<KeyNumber>(i)) == program->keys->name(static_cast<KeyNumber>(i));
  for (std::size_t i = 0; same && i < plain->functions.size(); ++i) {
    same = plain->functions[i].path == program->functions[i].path && plain->functions[i].kind == program->functions[i].kind;
  }
  if (!same) return Error{"image_table", "the plain program has other functions or names"};
  return std::nullopt;
}

// The key of a step of a reference; undefined where it is no constant.
Value key_of(Arena& arena, const ast::Term& step) {
  if (const auto* text = step.as<ast::String>()) return Value::string(arena, text->text);
  if (const auto* number = step.as<ast::Number>()) return number_from_text(arena, number->text);
  if (const auto* truth = step.as<ast::Boolean>()) return Value::boolean(truth->value);
  return step.is<ast::Null>() ? Value::null() : Value();
}

// `data` and what stands behind it; empty where the query is anything else.
std::vector<ast::Term*> reference_of(const ast::Query& query, std::string_view package) {
  std::vector<ast::Term*> steps;
  if (query.body.size() != 1 || query.body[0]->negated) return steps;
  ast::Term* const term = query.body[0]->term();
  if (term == nullptr) return steps;
  if (const auto* ref = term->as<ast::Ref>()) {
    for (ast::Term* step : ref->items()) steps.push_back(step);
  } else if (term->is<ast::Var>()) {
    steps.push_back(term);
  }
  const auto* head = steps.empty() ? nullptr : steps[0]->as<ast::Var>();
  if (head == nullptr) return {};
  if (head->name != "data") {
    if (package.empty() || head->name == "input") return {};
    std::vector<ast::Term*> whole{query.nodes.var("data", {})};
    if (package.starts_with("data.")) package.remove_prefix(5);
    while (!package.empty()) {
      const std::size_t dot = package.find('.');
      whole.push_back(query.nodes.string(package.substr(0, dot), {}));
      package.remove_prefix(dot == std::string_view::npos ? package.size() : dot + 1);
    }
    whole.push_back(query.nodes.string(head->name, {}));
    whole.insert(whole.end(), steps.begin() + 1, steps.end());
    steps = std::move(whole);
  }
  return steps;
}

}  // namespace

bool is_program_image(std::string_view bytes) { return is_image(bytes); }

std::string Policy::image(DiagnosticList& problems) const {
  if (impl_->base != nullptr) {
    problems.add_error("image_bind", "a policy that documents are bound to, as the settings of a level of the standards are, cannot be written as an image", {},
                       "write the image of the rules alone, give documents as data, and take levels by name");
    return {};
  }
  const RunningHostBuiltins running(impl_->host.get());
  std::shared_ptr<const Program> program = impl_->loaded;
  std::shared_ptr<const Program> plain = impl_->loaded_plain;
  if (program == nullptr) {
    const plan::Plan plan = plan_policy(*impl_->checked, impl_->sources, Packages::Documents);
    program = make_program(plan, impl_->optimise);
    plain = impl_->optimise ? make_program(plan, false, program->keys) : program;
  }
  const auto refused = [&](const Error& error) {
    problems.add_error(error.code, error.message, {}, "the rules run from their sources; as an image they are too large, or hold what it cannot");
    return std::string();
  };
  PolicyRow row{impl_->entry_points, impl_->reads_request, impl_->reads_list_items, impl_->places(), *impl_->data, {}};
  if (plain != program) {
    Result<std::string> inner = write_image(*plain, {});
    if (!inner) return refused(inner.error());
    row.plain.bytes = std::move(*inner);
  }
  ImageWriter section;
  fields(section, row);
  Result<std::string> image = section.fault().has_value() ? Result<std::string>(*section.fault()) : write_image(*program, section.bytes());
  return image ? std::move(*image) : refused(image.error());
}

std::shared_ptr<Policy::Impl> PolicyBuilder::Impl::load(DiagnosticList& problems) {
  if (!sources.empty() || image_name.find(", ") != std::string::npos) {
    problems.add_error("image_sources", "rules cannot stand beside a program image: it is complete", sources.empty() ? image_name : sources.front()->name(),
                       "build one image of all the rules; data documents may stand beside it");
    return nullptr;
  }
  std::shared_ptr<Policy::Impl> policy = load_policy(image_name, image, problems);
  if (policy == nullptr || !set_limits(options, policy->limits, problems)) return nullptr;
  policy->host = host;
  return take_data(*policy, problems) ? policy : nullptr;
}

std::shared_ptr<Policy::Impl> load_policy(std::string_view name, std::string_view bytes, DiagnosticList& problems) {
  Result<LoadedImage> loaded = load_program(bytes);
  std::optional<Error> wrong;
  PolicyRow row;
  std::shared_ptr<const Program> plain;
  if (!loaded) {
    wrong = loaded.error();
  } else {
    wrong = read_policy(loaded->policy, *loaded->program, row);
    if (!wrong.has_value()) wrong = read_plain(row.plain.bytes, loaded->program, plain);
  }
  if (wrong.has_value()) {
    problems.add_error(wrong->code, wrong->message, name, "an image is read whole or not at all: build it again from its rules");
    return nullptr;
  }
  auto policy = std::make_shared<Policy::Impl>();
  policy->loaded = loaded->program;
  policy->loaded_plain = plain;
  policy->optimise = plain != loaded->program;
  policy->sources = loaded->program->sources;
  policy->entry_points = std::move(row.entry_points);
  policy->reads_request = row.reads_request;
  policy->reads_list_items = row.reads_list_items;
  policy->loaded_places = std::move(row.places);
  policy->data = std::make_shared<const std::vector<DataText>>(std::move(row.data));
  return policy;
}

Query prepare_reference(const std::shared_ptr<const Policy::Impl>& policy, std::string_view text, DiagnosticList& problems, std::string_view package) {
  SourceList sources = policy->sources;
  sources.push_back(std::make_shared<const Source>(std::string(), std::string(text)));
  const std::vector<const Source*> texts = raw(sources);
  Diagnostics diagnostics;
  ParseOptions parsing;
  parsing.recover = false;
  const std::unique_ptr<ast::Query> parsed = parse_body(*sources.back(), static_cast<std::uint32_t>(sources.size() - 1), parsing, policy->limits, diagnostics);
  problems.impl().add(diagnostics, texts);
  if (parsed == nullptr || diagnostics.has_errors()) return {};

  auto made = std::make_shared<Query::Impl>();
  const std::vector<ast::Term*> steps = reference_of(*parsed, package);
  for (const ast::Term* step : steps) {
    if (step != steps.front()) made->below.push_back(key_of(made->keys, *step));
  }
  const bool is_constant = std::all_of(made->below.begin(), made->below.end(), [](const Value& key) { return key.is_defined(); });
  if (steps.empty() || !is_constant) {
    problems.add_error("image_query", "a query on a program image names one of its documents, and this is none", {}, "ask for data.PACKAGE.RULE, or name the rules in place of the image");
    return {};
  }
  // The first rule on the way speaks for everything below it; else a package is asked for as a whole, or base data.
  const Program& program = *policy->loaded;
  for (std::size_t length = 1; length <= steps.size(); ++length) {
    const std::string path = function_path(std::span(steps).first(length));
    const std::uint32_t function = program.find_function(path);
    if (function == kNoIndex) continue;
    const FunctionKind kind = program.functions[function].kind;
    if (kind == FunctionKind::Extent && length < steps.size()) continue;
    if (kind == FunctionKind::Function) {
      problems.add_error("image_query", fmt::format("{} is a function: a query on a program image cannot call it", path));
      return {};
    }
    made->function = function;
    made->below.erase(made->below.begin(), made->below.begin() + static_cast<std::ptrdiff_t>(length - 1));
    break;
  }
  made->is_reference = true;
  made->policy = policy;
  made->program = policy->loaded;
  made->snapshot = policy->snapshot();
  const Span shown = parsed->body[0]->span;
  const ShownPlace place = shown_place(shown, texts);
  made->expressions.push_back({std::string(text.substr(shown.begin, shown.end - shown.begin)), place.opa_row, place.opa_column});
  return Query(std::move(made));
}

Value reference_rows(const Query::Impl& query, Arena& arena, const Value& found) {
  const Value* at = &found;
  for (const Value& key : query.below) {
    const Value* const next = at->is_defined() ? member(*at, key) : nullptr;
    // Paths into base documents are texts.
    at = next == nullptr && query.function == kNoIndex ? stored_member(*at, key) : next;
    if (at == nullptr) return empty_array();
  }
  if (!at->is_defined()) return empty_array();
  ArrayBuilder values(arena, 1);
  values.add(*at);
  ArrayBuilder row(arena, 2);
  row.add(empty_object());
  row.add(values.finish());
  ArrayBuilder rows(arena, 1);
  rows.add(row.finish());
  return rows.finish();
}

}  // namespace psdl
