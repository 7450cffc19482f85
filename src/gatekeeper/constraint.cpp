// A constraint, checked in Gatekeeper's order, its defaults filled in.
#include "gatekeeper/constraint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/names.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_constraint";
constexpr std::string_view kGroup = "constraints.gatekeeper.sh";
constexpr std::string_view kInvalid = "invalid Constraint: ";

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return lowered;
}

class ConstraintReader {
 public:
  ConstraintReader(ObjectPtr object, const FindTemplate& find_template)
      : object_(std::move(object)), find_template_(find_template), made_(std::make_shared<Constraint>()) {
    made_->object = object_;
    made_->kind = object_->kind();
    made_->name = object_->name();
  }

  Result<std::shared_ptr<const Constraint>, Refusal> read() {
    using Step = bool (ConstraintReader::*)();
    for (const Step step :
         {&ConstraintReader::check_head, &ConstraintReader::find_template, &ConstraintReader::check_selectors,
          &ConstraintReader::check_name, &ConstraintReader::check_schema, &ConstraintReader::check_fields,
          &ConstraintReader::fill_in, &ConstraintReader::read_actions}) {
      if (!(this->*step)()) return refusal_;
    }
    return std::shared_ptr<const Constraint>(std::move(made_));
  }

 private:
  [[nodiscard]] const Value& root() const { return object_->root(); }
  [[nodiscard]] std::uint32_t origin_at(std::initializer_list<std::string_view> path) const {
    const Value* found = find_path(root(), path);
    return found != nullptr ? found->origin() : root().origin();
  }
  bool refuse_at(std::uint32_t origin, std::string text, std::string message = {}) {
    refusal_ = refuse(*object_, origin, kCode, std::move(text), std::move(message));
    return false;
  }
  bool refuse_invalid(std::uint32_t origin, const std::string& text) {
    return refuse_at(origin, std::string(kInvalid) + text, text);
  }

  bool check_head() {
    if (made_->name.empty()) return refuse_invalid(origin_at({"metadata"}), "missing metadata.name");
    // A broken apiVersion leaves Kubernetes without a kind.
    const bool has_version = std::count(object_->api_version().begin(), object_->api_version().end(), '/') <= 1;
    if (made_->kind.empty() || !has_version) return refuse_invalid(origin_at({"kind"}), "missing kind");
    if (is_constraint(*object_)) return true;
    return refuse_invalid(origin_at({"apiVersion"}),
                          fmt::format("wrong API Group for Constraint {}, got {} but need {}", go_quote(made_->name),
                                      go_quote(object_->group()), go_quote(kGroup)));
  }

  bool find_template() {
    const std::string name = lower(made_->kind);
    made_->of = find_template_(name);
    if (made_->of != nullptr) return true;
    return refuse_at(origin_at({"kind"}),
                     fmt::format("missing ConstraintTemplate: template {} not found", go_quote(name)),
                     fmt::format("no template declares the kind `{}`", made_->kind));
  }

  bool check_selectors() {
    std::optional<Refusal> refusal = Match::check_selectors(*object_);
    if (!refusal.has_value()) return true;
    refusal_ = std::move(*refusal);
    refusal_.text.insert(0, kInvalid);
    return false;
  }

  bool check_name() {
    const NameErrors errors = check_dns1123_subdomain(made_->name);
    if (!errors.empty())
      return refuse_invalid(origin_at({"metadata", "name"}),
                            fmt::format("invalid name: {}", go_quote(fmt::format("{}", fmt::join(errors, "\n")))));
    if (made_->kind != made_->of->kind) {
      return refuse_invalid(origin_at({"kind"}),
                            fmt::format("wrong kind {} for constraint {}; want {}", go_quote(made_->name),
                                        go_quote(made_->kind), go_quote(made_->of->kind)));
    }
    if (object_->version() == "v1beta1" || object_->version() == "v1alpha1") return true;
    return refuse_invalid(
        origin_at({"apiVersion"}),
        fmt::format("unsupported version {} for Constraint {}; supported versions: map[v1alpha1:true v1beta1:true]",
                    go_quote(object_->version()), go_quote(made_->name)));
  }

  bool check_schema() {
    const FieldErrors errors = made_->of->schema->validate(root());
    if (errors.empty()) return true;
    refusal_.text = "schema validation failed: " + join_errors(errors);
    for (const FieldError& error : errors) {
      std::string_view message = error.text;
      for (const std::string_view base : {"[].", "[]: Invalid value: \"\": "}) {
        if (message.starts_with(base)) message.remove_prefix(base.size());
      }
      refusal_.problems.push_back(problem_at(*object_, error.origin, kCode, std::string(message)));
    }
    return false;
  }

  bool check_fields() {
    const FieldErrors unknown = made_->of->schema->unknown_fields(root());
    if (unknown.empty()) return true;
    std::vector<std::string_view> names;
    for (const FieldError& field : unknown) {
      names.push_back(field.text);
      refusal_.problems.push_back(
          problem_at(*object_, field.origin, kCode, fmt::format("unknown field `{}`", field.text)));
    }
    refusal_.text = fmt::format("{}unknown fields: [{}]", kInvalid, fmt::join(names, " "));
    return false;
  }

  bool fill_in() {
    const Value filled = made_->of->schema->with_defaults(made_->arena, root());
    made_->root = without_status(filled);
    const Value* parameters = find_path(made_->root, {"spec", "parameters"});
    made_->parameters = parameters != nullptr && !parameters->is_null() ? *parameters : empty_object();
    const Value* match = find_path(made_->root, {"spec", "match"});
    if (match != nullptr) made_->match = Match::read(*match);
    freeze(made_->arena, made_->root);
    return true;
  }

  Value without_status(const Value& value) {
    const psdl::Object& object = value.as_object();
    if (object.find_text("status") == nullptr) return value;
    ObjectBuilder kept(made_->arena);
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      if (object.keys()[i].as_string() != "status") kept.add(object.keys()[i], object.values()[i]);
    }
    return kept.finish().with_origin(value.origin());
  }

  bool read_actions() {
    const Value* action = find_path(made_->root, {"spec", "enforcementAction"});
    made_->action = action != nullptr ? std::string(action->as_string()) : "deny";
    if (made_->action != "scoped") return true;
    const Value* actions = find_path(made_->root, {"spec", "scopedEnforcementActions"});
    if (actions == nullptr) {
      return refuse_at(action->origin(), "missing required field: spec.scopedEnforcementActions must be defined",
                       "`enforcementAction: scoped` needs `scopedEnforcementActions`");
    }
    for (const Value& entry : actions->as_array()) {
      ScopedAction& scoped = made_->scoped_actions.emplace_back();
      scoped.action = text_at(entry, {"action"});
      const Value* points = find_path(entry, {"enforcementPoints"});
      if (points == nullptr) continue;
      for (const Value& point : points->as_array()) scoped.points.emplace_back(text_at(point, {"name"}));
    }
    return true;
  }

  ObjectPtr object_;
  const FindTemplate& find_template_;
  std::shared_ptr<Constraint> made_;
  Refusal refusal_;
};

}  // namespace

std::vector<std::string> Constraint::actions_at(std::string_view point) const {
  if (action != "scoped") return {action};
  std::vector<std::string> actions;
  for (const ScopedAction& scoped : scoped_actions) {
    const bool is_here = std::any_of(scoped.points.begin(), scoped.points.end(),
                                     [&](const std::string& named) { return named == "*" || named == point; });
    if (is_here && std::find(actions.begin(), actions.end(), scoped.action) == actions.end())
      actions.push_back(scoped.action);
  }
  return actions;
}

bool is_constraint(const Object& object) {
  return object.group() == kGroup;
}

bool is_same(const Constraint& before, const Constraint& next) {
  return before.of == next.of && equal(before.root, next.root);
}

Result<std::shared_ptr<const Constraint>, Refusal> read_constraint(const ObjectPtr& object,
                                                                   const FindTemplate& find_template) {
  return ConstraintReader(object, find_template).read();
}

}  // namespace psdl::gatekeeper
