// Objects against the templates and constraints among them. In: objects in order; out: what each constraint says of
// each (SPEC 12).
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gatekeeper/client.hpp"
#include "gatekeeper/expansion.hpp"
#include "gatekeeper/reviewing.hpp"

namespace psdl::gatekeeper {

// The Namespace that `gator test` and `gator expand` hand over with an object: an empty one for an object without
// namespace, a bare one for `default` (SPEC 7.1).
class GatorNamespaces {
 public:
  GatorNamespaces();
  void add(const ObjectPtr& object);
  // Undefined where there is none.
  [[nodiscard]] Value find(const Value& root) const;
  // The one that stands among the objects, or undefined.
  [[nodiscard]] Value find_known(std::string_view name) const;

 private:
  Arena arena_;
  Value empty_;
  Value default_;
  std::map<std::string, ObjectPtr, std::less<>> known_;
};

class ObjectsTest {
 public:
  ObjectsTest(std::shared_ptr<ProgramCache> programs, ClientOptions options, bool is_gator);

  // Templates, then constraints, then the inventory, then expansion. As gator does, the first refusal ends it, its text
  // beginning with `adding template "p": `; else all are told, and what depends on something refused is left out.
  // `also`: of the inventory alone.
  [[nodiscard]] std::vector<Refusal> load(std::span<const ObjectPtr> objects, std::span<const ObjectPtr> also);
  [[nodiscard]] std::vector<Problem> take_notes();
  [[nodiscard]] std::vector<Problem> advice() const { return client_.advice(); }

  // What is reviewed for an object: a constraint has its defaults. After its review, to gator: the object as mutators
  // leave it.
  [[nodiscard]] Value root_of(const ObjectPtr& object) const;
  [[nodiscard]] Reviewed review(const ObjectPtr& object);
  [[nodiscard]] const std::vector<std::shared_ptr<const Constraint>>& constraints() const { return constraints_; }

 private:
  // False: enough.
  bool take(Refusal refusal, std::vector<Refusal>& refusals) const;
  bool load_templates(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals);
  bool load_constraints(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals);
  bool load_data(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals);
  bool load_expansion(std::span<const ObjectPtr> objects, std::vector<Refusal>& refusals);
  // gator's empty Namespace decides whether constraints apply: told once of each.
  void note_empty_namespace(const Object& object, const Value& root, const Value& namespace_object);

  Client client_;
  Expander expander_;
  GatorNamespaces namespaces_;
  bool is_gator_;
  Arena arena_;
  std::vector<std::string> refused_templates_;  // their names
  std::vector<std::shared_ptr<const Constraint>> constraints_;
  std::map<const Object*, Value> roots_;  // of constraints, and of what was mutated
  std::vector<Problem> notes_;
  std::vector<const Constraint*> told_;   // that the empty Namespace decided
  std::vector<ObjectPtr> kept_;           // objects whose roots were replaced
};

}  // namespace psdl::gatekeeper
