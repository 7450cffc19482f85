// What texts through the binary reach only in passing: sets of names, names by likeness, collections inside each other.
#include <catch2/catch.hpp>

#include "advice/fields.hpp"
#include "advice/name_set.hpp"
#include "advice/outline.hpp"

namespace psdl::advice {
namespace {

NameSet all_but(std::vector<std::string_view> names) {
  return complement(NameSet::only(std::move(names)));
}

TypedValue type_named(std::string_view name) {
  const auto types = known_types();
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].name() == name) {
      return {Shape::Struct, Holder::One, Role::Plain, false, static_cast<std::uint16_t>(i), nullptr};
    }
  }
  FAIL("no type " << name);
  return {};
}

TEST_CASE("sets of names: what both hold, what either holds") {
  const NameSet few = NameSet::only({"b", "a", "b"});
  CHECK(few.names.size() == 2);
  CHECK(intersection(few, NameSet::only({"b", "c"})) == NameSet::only({"b"}));
  CHECK(intersection(few, all_but({"a"})) == NameSet::only({"b"}));
  CHECK(intersection(all_but({"a"}), all_but({"b"})) == all_but({"a", "b"}));
  CHECK(intersection(few, NameSet::only({"c"})).is_empty());
  CHECK(either(few, NameSet::only({"c"})) == NameSet::only({"a", "b", "c"}));
  CHECK(either(few, all_but({"a", "c"})) == all_but({"c"}));
  CHECK(either(few, all_but({"a"})).is_everything());
  CHECK(all_but({"a"}).contains("b"));
  CHECK_FALSE(all_but({"a"}).contains("a"));
}

TEST_CASE("the field that was meant is near, and no other field is called so") {
  const std::vector<TypedValue> context{type_named("core/v1.SecurityContext")};
  CHECK(meant_field(context, "priviledged", false) == "privileged");
  CHECK(meant_field(context, "runasnonroot", false) == "runAsNonRoot");
  CHECK(meant_field(context, "runAsNoonRoot", false) == "runAsNonRoot");
  CHECK(meant_field(context, "containers", false).empty());
  CHECK(nearest_name({"type", "user", "role"}, "tyep") == "type");
  CHECK(nearest_name({"type", "user", "role"}, "kind").empty());
}

TEST_CASE("a field that was read too high is found below, by the shortest way") {
  CHECK(deeper_field({type_named("apps/v1.DeploymentSpec")}, "containers") == "template.spec.containers");
  CHECK(deeper_field({type_named("core/v1.Container")}, "drop") == "securityContext.capabilities.drop");
  CHECK(deeper_field({type_named("core/v1.Container")}, "hostPort") == "ports[_].hostPort");
  CHECK(deeper_field({type_named("core/v1.Container")}, "replicas").empty());
}

TEST_CASE("collections inside each other are told apart to some depth, then may be anything") {
  Outline inner = plain(kind_bit(Kind::String));
  for (int i = 0; i < 6; ++i) inner = collection({.kind = Made::Kind::Set, .values = inner});
  CHECK_FALSE(inner.is_anything);
  CHECK(collection({.kind = Made::Kind::Set, .values = inner}).is_anything);
}

TEST_CASE("a kind that is tested for has one type, an unknown one none, no test many") {
  ObjectKinds pods{NameSet::only({"Pod"}), {}};
  CHECK(types_of({Subject::Input, pods}).size() == 1);
  CHECK(read_field(whole({Subject::Input, pods}), "spec").lacking.empty());
  CHECK(read_field(whole({Subject::Input, {NameSet::only({"Rollout"}), {}}}), "anything").is_open);
  CHECK(types_of({Subject::Input, {}}).size() > known_kinds().size());
  // Knative's Service is another one.
  CHECK(read_field(whole({Subject::Input, {NameSet::only({"Service"}), NameSet::only({"serving.knative.dev"})}}), "x")
            .is_open);
}

}  // namespace
}  // namespace psdl::advice
