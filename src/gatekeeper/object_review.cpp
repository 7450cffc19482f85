// `psdl template test` and `expand` in PSDL's own way: everything that is wrong is told, with its place; Lists give
// their items.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "gatekeeper/expanded_text.hpp"
#include "gatekeeper/objects_test.hpp"
#include "gatekeeper/place.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::tools {
namespace {

using gatekeeper::Constraint;
using gatekeeper::ObjectPtr;
using gatekeeper::Reading;
using gatekeeper::Refusal;
using gatekeeper::Reviewed;
using gatekeeper::ReviewResult;

void add(DiagnosticList& list, const std::vector<Problem>& problems) {
  std::vector<Problem>& items = list.impl().items;
  items.insert(items.end(), problems.begin(), problems.end());
}

ObjectIdentity identity_of(const gatekeeper::Object& object) {
  ObjectIdentity identity;
  identity.api_version = object.api_version();
  identity.kind = object.kind();
  identity.namespace_name = object.namespace_name();
  identity.name = object.name();
  identity.document = object.document().place().ordinal;
  return identity;
}

// The objects of a file; nothing, with errors, where it cannot be read.
std::optional<std::vector<ObjectPtr>> read_objects(const NamedText& file, DiagnosticList& problems) {
  Result<std::vector<ObjectPtr>, Refusal> objects = gatekeeper::read_all(file.text, file.name, Reading::Native);
  if (!objects) {
    add(problems, objects.error().problems);
    return std::nullopt;
  }
  return std::move(*objects);
}

std::string title_of(const Constraint& constraint) {
  return fmt::format("{}/{}", constraint.kind, constraint.name);
}

RuleInfo rule_of(const Constraint& constraint) {
  RuleInfo rule;
  rule.id = title_of(constraint);
  rule.name = constraint.kind;
  const gatekeeper::Object& object = *constraint.of->object;
  rule.description = gatekeeper::text_at(object.root(), {"metadata", "annotations", "description"});
  rule.title = gatekeeper::text_at(object.root(), {"metadata", "annotations", "metadata.gatekeeper.sh/title"});
  rule.severity = constraint.action == "deny"   ? FindingSeverity::Error
                  : constraint.action == "warn" ? FindingSeverity::Warning
                                                : FindingSeverity::Note;
  rule.file = constraint.object->file();
  rule.line = gatekeeper::place_of(*constraint.object, constraint.object->root().origin()).line;
  return rule;
}

// The groups that the constraint's match names, `*` left out.
void add_groups(const Constraint& constraint, std::set<std::string, std::less<>>& groups) {
  const auto member = [](const Value* object, std::string_view name) { return object != nullptr && object->is_object() ? object->as_object().find_text(name) : nullptr; };
  const Value* kinds = member(member(member(&constraint.root, "spec"), "match"), "kinds");
  if (kinds == nullptr || !kinds->is_array()) return;
  for (const Value& one : kinds->as_array()) {
    const Value* names = member(&one, "apiGroups");
    if (names == nullptr || !names->is_array()) continue;
    for (const Value& name : names->as_array()) {
      if (name.is_string() && !name.as_string().empty()) groups.emplace(name.as_string());
    }
  }
}

}  // namespace

struct ObjectReview::Impl {
  struct Input {
    ObjectPtr object;
    std::size_t file = 0;
  };

  explicit Impl(const GatekeeperOptions& how)
      : test(std::make_shared<gatekeeper::ProgramCache>(how.engine), client_options(how), false) {}

  static gatekeeper::ClientOptions client_options(const GatekeeperOptions& how) {
    gatekeeper::ClientOptions options;
    options.now_ns = how.now_ns;
    options.prints = how.prints;
    options.traces = how.traces;
    options.refuses_elements = true;
    return options;
  }

  [[nodiscard]] bool is_judged(const gatekeeper::Object& object) const;
  [[nodiscard]] bool has_several(std::size_t file) const { return counts[file] > 1; }
  Verdict judge(const Input& input, bool denies_only);

  gatekeeper::ObjectsTest test;
  std::vector<Input> inputs;
  std::vector<ObjectPtr> known;
  std::vector<std::string> files;
  std::vector<std::size_t> counts;  // documents of each
  std::string trace;
  std::set<std::string, std::less<>> asked_groups;  // of policies, that a constraint asks about by name
};

ObjectReview::ObjectReview(GatekeeperOptions how) : impl_(std::make_unique<Impl>(how)) {}
ObjectReview::~ObjectReview() = default;

bool ObjectReview::add(const NamedText& file, bool is_known_alone, DiagnosticList& problems) {
  std::optional<std::vector<ObjectPtr>> objects = read_objects(file, problems);
  if (!objects) return false;
  if (is_known_alone) {
    impl_->known.insert(impl_->known.end(), objects->begin(), objects->end());
    return true;
  }
  std::set<std::uint32_t> documents;
  for (ObjectPtr& object : *objects) {
    documents.insert(object->document().place().ordinal);
    impl_->inputs.push_back({std::move(object), impl_->files.size()});
  }
  impl_->files.push_back(file.name);
  impl_->counts.push_back(documents.size());
  return true;
}

bool ObjectReview::load(DiagnosticList& problems, bool policies_only) {
  std::vector<ObjectPtr> objects;
  for (const Impl::Input& input : impl_->inputs) {
    const gatekeeper::Object& object = *input.object;
    if (!policies_only || gatekeeper::is_template(object) || gatekeeper::is_constraint(object) ||
        gatekeeper::is_expansion_template(object) || gatekeeper::is_mutator(object))
      objects.push_back(input.object);
  }
  const std::vector<Refusal> refusals = impl_->test.load(objects, impl_->known);
  for (const Refusal& refusal : refusals) tools::add(problems, refusal.problems);
  tools::add(problems, impl_->test.take_notes());
  for (const std::shared_ptr<const Constraint>& constraint : impl_->test.constraints()) add_groups(*constraint, impl_->asked_groups);
  return refusals.empty();
}

bool ObjectReview::advise(DiagnosticList& problems) const {
  DiagnosticList advice;
  tools::add(advice, impl_->test.advice());
  problems.append(advice);
  return !advice.has_errors();
}

std::vector<RuleInfo> ObjectReview::rules() const {
  std::vector<RuleInfo> rules;
  for (const std::shared_ptr<const Constraint>& constraint : impl_->test.constraints())
    rules.push_back(rule_of(*constraint));
  return rules;
}

std::size_t ObjectReview::size() const {
  return static_cast<std::size_t>(std::count_if(impl_->inputs.begin(), impl_->inputs.end(), [this](const Impl::Input& input) { return impl_->is_judged(*input.object); }));
}
std::size_t ObjectReview::templates() const {
  return static_cast<std::size_t>(
      std::count_if(impl_->inputs.begin(), impl_->inputs.end(),
                    [](const Impl::Input& input) { return gatekeeper::is_template(*input.object); }));
}
std::size_t ObjectReview::constraints() const {
  return impl_->test.constraints().size();
}

// Templates, constraints, ExpansionTemplates and mutators judge and are not judged themselves, unless a constraint is about them.
bool ObjectReview::Impl::is_judged(const gatekeeper::Object& object) const {
  const bool is_policy = gatekeeper::is_template(object) || gatekeeper::is_constraint(object) ||
                         gatekeeper::is_expansion_template(object) || gatekeeper::is_mutator(object);
  return !is_policy || asked_groups.contains(object.group());
}

const std::string& ObjectReview::trace() const {
  return impl_->trace;
}

Verdict ObjectReview::Impl::judge(const Input& input, bool denies_only) {
  Verdict verdict;
  verdict.document = input.object->document().name(has_several(input.file));
  verdict.object = identity_of(*input.object);
  Reviewed reviewed = test.review(input.object);
  verdict.printed = std::move(reviewed.printed);
  trace = std::move(reviewed.trace);
  if (reviewed.failure) {
    auto errors = std::make_shared<DiagnosticList>();
    tools::add(*errors, reviewed.failure->problems);
    verdict.errors = std::move(errors);
    return verdict;
  }
  verdict.status = Status::Allow;
  for (ReviewResult& result : reviewed.results) {
    const FindingSeverity severity = gatekeeper::severity_of(result);
    if (denies_only && !gatekeeper::denies(result)) continue;
    if (severity == FindingSeverity::Error) verdict.status = Status::Deny;
    for (Finding& more : result.more) {
      more.severity = severity;
      more.message = result.message;
      verdict.findings.push_back(std::move(more));
    }
    result.finding.severity = severity;
    verdict.findings.push_back(std::move(result.finding));
  }
  std::stable_sort(verdict.findings.begin(), verdict.findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.location.line, a.location.column, a.rule) < std::tie(b.location.line, b.location.column, b.rule);
  });
  return verdict;
}

void ObjectReview::review(bool denies_only,
                          const std::function<void(const Verdict& verdict, const std::string& file)>& each) {
  for (const Impl::Input& input : impl_->inputs) {
    if (impl_->is_judged(*input.object)) each(impl_->judge(input, denies_only), impl_->files[input.file]);
  }
}

bool expand_objects(std::span<const NamedText> files, std::string_view format, std::string& out,
                    DiagnosticList& problems) {
  std::vector<ObjectPtr> objects;
  bool is_well = true;
  for (const NamedText& file : files) {
    std::optional<std::vector<ObjectPtr>> read = read_objects(file, problems);
    if (read) objects.insert(objects.end(), read->begin(), read->end());
    is_well = is_well && read.has_value();
  }
  const auto take = [&](const Refusal& refusal) {
    tools::add(problems, refusal.problems);
    is_well = false;
  };
  gatekeeper::Expander expander;
  for (const Refusal& refusal : expander.add_all(objects, false)) take(refusal);
  gatekeeper::GatorNamespaces namespaces;
  for (const ObjectPtr& object : objects) namespaces.add(object);
  Arena arena;
  std::vector<Value> roots;
  for (const ObjectPtr& object : objects) {
    const Result<gatekeeper::Expanded, Refusal> expanded =
        expander.expand(arena, object, object->root(), namespaces.find_known(object->namespace_name()));
    if (!expanded) {
      take(expanded.error());
      continue;
    }
    for (const gatekeeper::Resultant& one : expanded->resultants) roots.push_back(one.root);
  }
  gatekeeper::sort_expanded(roots);
  if (!roots.empty()) out = gatekeeper::expanded_text(roots, format);
  return is_well;
}

}  // namespace psdl::tools
