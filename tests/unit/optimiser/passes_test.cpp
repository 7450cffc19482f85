// What each pass is worth. In: a policy on which a pass has something to do; out: with it fewer instructions are run, the disassembly is another one, and the
// answer is the same as without it and as of the plan that nobody touched.
#include <catch2/catch.hpp>

#include <string>

#include "codec/reader.hpp"
#include "plan/plan.hpp"
#include "planned.hpp"
#include "value/text.hpp"
#include "vm/machine.hpp"

using namespace psdl;

namespace {

struct Case {
  const char* pass;
  const char* policy;
  const char* input;
  const char* answer;
  const char* shown;  // stands in the disassembly
};

const Case kCases[] = {
    {"propagate_constants", R"(
limit := 3
factor := limit * 2
p contains x if { some x in input.xs; x > factor }
p contains "off" if { factor == 7; count(input.xs) > 0 })",
     R"({"xs": [5, 7, 9]})", "[7,9]", "CompareConst 6, >"},
    {"inline_functions", R"(
p contains x if { some x in input.xs; is_large(x) }
is_large(x) if x > 10
is_large(x) if x == 1)",
     R"({"xs": [1, 2, 11]})", "[1,11]", "CompareConst 10, >"},
    {"unroll_scans", R"(
p contains field if { some field in ["hostNetwork", "hostPID", "hostIPC"]; input.spec[field] == true })",
     R"({"spec": {"hostPID": true}})", "[\"hostPID\"]", "#spec.hostPID, true"},
    {"forward_bindings", R"(
p contains msg if { some x in input.xs; doubled := x * 2; text := sprintf("%d", [doubled]); msg := concat("", ["<", text, ">"]) })",
     R"({"xs": [1, 2]})", R"(["<2>","<4>"])", "CallBuiltin  mul, 2"},
    {"flatten_scans", R"(
p := {c | some x in input.xs; some c in taken(x); c != "D"}
taken(x) := {c | some c in x.add; c != "KEEP"})",
     R"({"xs": [{"add": ["B", "A"]}, {"add": []}, {}, {"add": ["KEEP", "A", 7, "D"]}]})", R"([7,"A","B"])", "IterPathSlot"},
    {"read_first", R"(
p contains x.name if { some x in input.xs; not is_windows; not x.escalates == false }
p contains y if { some x in input.xs; not is_windows; some y in x.add; y != "NET"; input.os != "none" }
p contains x.mount if { some x in input.xs; not is_windows; x.mount != null; not x.mount in {"a", "b"}; not "ALL" in x.drop }
is_windows if input.os == "windows")",
     R"({"os": "linux", "xs": [{"name": "a", "escalates": false, "add": ["NET", "SYS"]}, {"name": "b", "mount": "c", "drop": []}, {"name": "c", "mount": "d", "drop": ["ALL"], "escalates": false}]})",
     R"(["SYS","b","c"])", "TestRule"},
    {"ask_existence", R"(
bad contains msg if { some c in input.cs; c.privileged == true; msg := sprintf("%s", [c.name]) }
p contains "clean" if count(bad) == 0
p contains "dirty" if count(bad) > 0)",
     R"({"cs": [{"name": "a", "privileged": true}, {"name": "b", "privileged": true}]})", "[\"dirty\"]", "data.t.bad has members"},
    {"ask_existence", R"(
p contains [x.name, kind] if { some x in input.xs; kind := [kind | some kind in ["a", "b", "c"]; x[kind] != null][0]; kind != "d" })",
     R"({"xs": [{"name": "1", "b": 1, "c": 2}, {"name": "2", "b": null}, {"name": "3", "c": false}]})", R"([["1","b"],["3","c"]])", "#c, null"},
    {"ask_first", R"(
late := concat(", ", names) if { names := [c.name | some c in input.cs; c.late == true]; count(names) > 0 }
host := concat(", ", names) if { names := [c.name | some c in input.cs; c.host == true]; count(names) > 0 }
p contains ["late", late]
p contains ["host", host])",
     R"({"cs": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})", "[]", "data.t.p after asking"},
    {"gather", R"(
cs := input.pod.cs
late := concat(", ", names) if { names := [c.name | some c in cs; c.late != false]; count(names) > 0 }
host := concat(", ", names) if { names := {c.name | some c in cs; c.host != false}; count(names) > 0 }
port := concat(", ", names) if { names := [sprintf("%v", [p]) | some c in cs; some p in c.ports]; count(names) > 0 }
p contains ["late", late]
p contains ["host", host]
p contains ["port", port])",
     R"({"pod": {"cs": [{"name": "b", "late": true, "host": true}, {"name": "a", "host": true, "late": true}, {"name": "c", "ports": [2, 1]}, {"name": "d"}, {"name": "e"}, {"name": "f"}, {"name": "g"}]}})",
     R"([["host","a, b"],["late","b, a"],["port","2, 1"]])", "CollectBelow"},
    {"gather", R"(
cs := input.pod.cs
late := concat(", ", names) if { names := [c.name | some c in cs; not input.pod.late == false; c.late == true]; count(names) > 0 }
host := concat(", ", names) if { names := [c.name | some c in cs; not input.pod.host == true; input.kind in {"Pod", "Job"}; not c.host == true]; count(names) > 0 }
port := concat(", ", names) if { names := [c.name | some c in cs; c.port > 0]; count(names) > 0 }
p contains ["late", late]
p contains ["host", host]
p contains ["port", port])",
     R"({"kind": "Job", "pod": {"late": false, "host": true, "cs": [{"name": "a"}, {"name": "b", "late": true}, {"name": "c", "port": 1}, {"name": "d"}, {"name": "e"}, {"name": "f"}, {"name": "g"}]}})",
     R"([["port","c"]])", "TestPathSlot s7"},
    {"inline_rules", R"(
p contains message if input.name != "b"
message := sprintf("%s: %s", [kind, concat(" ", [kind, input.name])]) if kind := long
long := concat(".", [input.group, input.kind]) if input.group != "")",
     R"({"name": "a", "group": "apps", "kind": "Job"})", R"(["apps.Job: apps.Job a"])", "data.t.long"},
    {"constant_sets", R"(
p contains x if { some x in input.xs; not x.kind in {"a", "b", "c"} })",
     R"({"xs": [{"kind": "a"}, {"kind": "d"}, {"kind": 1}]})", R"([{"kind":1},{"kind":"d"}])", "TestIn"},
    {"filter_scans", R"(
p contains t if { some t in {x.team | some x in input.xs}; count([x | some x in input.xs; x.team == t]) > 1 })",
     R"({"xs": [{"team": "a"}, {"team": "b"}, {"team": "a"}, {"team": "b"}, {"team": "c"}]})", "[\"a\",\"b\"]", "NextWhere"},
    {"dispatch_groups", R"(
p contains "a" if { input.kind == "A"; input.x == 1 }
p contains "b" if { input.kind == "B"; input.x == 1 }
p contains "c" if { input.kind == "C"; input.x == 1 }
p contains "c2" if { input.kind == "C"; input.x == 1.0 }
p contains "any" if input.x == 1
p contains "d" if { input.kind == "D"; input.x == 1 }
p contains "e" if { input.kind == "E"; input.x == 1 }
p contains "f" if { input.kind == "F"; input.x == 1 }
p contains "g" if { input.kind == "G"; input.x == 1 }
p contains "h" if { input.kind == "H"; input.x == 1 }
p contains "i" if { input.kind == "I"; input.x == 1 }
p contains "j" if { input.kind == "J"; input.x == 1 }
p contains "k" if { input.kind == "K"; input.x == 1 }
p contains "l" if { input.kind == "L"; input.x == 1 })",
     R"({"kind": "C", "x": 1})", R"(["any","c","c2"])", "case \"C\": bodies 2, 3"},
    {"share_reads", R"(
spec := input.template.spec
p contains "a" if { not spec.sc.user.id == 0; not spec.sc.user.name == "root"; not spec.sc.user.group in {0, 1}; not spec.host == true }
p contains "b" if { not spec.none.user == 0; not spec.none.group == 0; spec.sc.user.group != 0; spec.sc.user.id > 4 })",
     R"({"template": {"spec": {"sc": {"user": {"id": 5, "group": 2}}}}})", R"(["a","b"])", "ReachSlot"},
    // What is read as a value itself has none where it is missing, and what only one alternative reads is not looked for in the others.
    {"share_reads", R"(
spec := input.template.spec
p contains spec.sc if { not spec.sc.user == 0; not spec.sc.group == 0; not spec.sc.name == "x" }
p contains "any" if probed
probed if spec.probe.http.host != ""
probed if spec.probe.tcp.host != ""
p contains c.name if { some c in spec.cs; not c.sc.user == 0; not c.sc.group == 0; not spec.host == true; not spec.ipc == true; not spec.pid == true })",
     R"({"template": {"spec": {"cs": [{"name": "a"}, {"name": "b", "sc": {"group": 0}}, {"name": "c", "sc": 7}]}}})", R"(["a","c"])", "ReachSlot"},
    {"fuse_instructions", R"(
p contains c.name if { some c in input.cs; not c.kind == "k"; c.size != 3; not c.zone in {"x", "y"}; is_wanted }
is_wanted if input.wanted == true)",
     R"({"wanted": true, "cs": [{"name": "a", "kind": "k", "size": 1}, {"name": "b", "size": 2, "zone": "x"}, {"name": "c", "kind": "x", "size": 4, "zone": "z"}, {"name": "d", "kind": "x", "size": 3, "zone": "z"}, {"name": "e"}]})",
     "[\"c\"]", "inverted"},
    {"fuse_instructions", R"(
p contains c.name if { some c in input.cs; not "ALL" in c.sc.drop; "x" in c.labels })",
     R"({"cs": [{"name": "a", "sc": {"drop": ["ALL"]}, "labels": ["x"]}, {"name": "b", "sc": {"drop": ["X"]}, "labels": {"k": "x"}}, {"name": "c", "sc": {"drop": 7}, "labels": ["x"]}, {"name": "d", "sc": {"drop": []}, "labels": "x"}]})",
     R"(["b","c"])", "MemberPathSlot"},
    {"fuse_instructions", R"(
p contains c.name if { some c in input.cs; xs := c.xs; count(xs) > 1; count(xs) != 4 }
p contains "one" if { some c in input.cs; xs := c.xs; xs != [0]; count(xs) == 1 })",
     R"({"cs": [{"name": "a", "xs": [1, 2]}, {"name": "b", "xs": {"k": 1, "l": 2, "m": 3}}, {"name": "c", "xs": "äöü"}, {"name": "d", "xs": 7}, {"name": "e", "xs": [1]}, {"name": "f", "xs": [1, 2, 3, 4]}, {"name": "g"}]})",
     R"(["a","b","c","one"])", "EqualCount"},
    {"fuse_instructions", R"(
p contains text if { some c in input.cs; text := sprintf("%s: %v%%", [c.name, c.share]) })",
     R"({"cs": [{"name": "a", "share": "1"}, {"name": "b", "share": 2}, {"name": "c", "share": [4]}]})", R"(["a: 1%","b: 2%","c: [4]%"])", "Format"},
    // What goes into a text and is one itself; a format that shows anything else than a text as it is stays one of its own.
    {"fuse_instructions", R"(
p contains sprintf("<%s>", [sprintf("%s/%v: %s", [c.a, c.b, sprintf("%d%%", [c.n])])]) if some c in input.cs)",
     R"({"cs": [{"a": "x", "b": "y", "n": 3}, {"a": 7, "b": ["z"], "n": 4}, {"a": "x", "b": "y"}]})",
     R"(["<%!s(int64=7)/[\"z\"]: 4%>","<x/y: 3%>"])", R"(<%s/%v: %s>)"},
    {"fuse_instructions", R"(
p contains n if { some c in input.cs; n := [count(c.xs), c.xs[1][0]] }
p contains "none" if { some c in input.cs; word := "none"; count(c.xs) < 1; word == "none" })",
     R"({"cs": [{"xs": [[1], [2]]}, {"xs": [[3], 4]}, {"xs": {}}, {"xs": {"1": [5]}}, {"xs": 6}, {"xs": [7]}, {}]})", R"(["none",[2,2]])", "ItemTop"},
    {"fuse_instructions", R"(
p contains word if { some c in input.cs; word := plural(count(c)) }
p contains n if some n in input.ns
plural(n) := "one" if n == 1 else := "many")",
     R"({"cs": [[1], [2, 3], {}, "x", "xy", 7], "ns": [8, [9]]})", R"([8,"many","one",[9]])", "CollectSlot"},
    // An array that only concat sees is never made; where it holds what is no text, concat still says so, and an empty one is an empty text.
    {"forward_bindings", R"(
p contains sprintf("%s: %s", [c.name, concat(", ", [x | some x in c.xs])]) if some c in input.cs
p contains sprintf("%s: {%s}", [c.name, concat("", {x | some x in c.xs})]) if some c in input.cs)",
     R"({"cs": [{"name": "a", "xs": ["x", "", "yy", "y"]}, {"name": "b", "xs": []}, {"name": "c", "xs": ["one"]}, {"name": "d", "xs": ["e", 1]}, {"xs": ["f"]}, {"name": "g", "xs": 7}]})",
     R"(["a: x, , yy, y","a: {xyyy}","b: ","b: {}","c: one","c: {one}","g: ","g: {}"])", "JoinEnd"},
    {"fuse_instructions", R"(
p contains c.name if { some c in input.cs; c.a.b; not c.x.y; c.kind == "k" })",
     R"({"cs": [{"name": "a", "a": {"b": 1}, "kind": "k"}, {"name": "b"}]})", "[\"a\"]", "TestNotPathSlot"},
};

struct Run {
  std::string answer;
  std::string code;
  std::uint64_t instructions = 0;
};

Run run(plan::Plan made, std::string_view input) {
  const std::shared_ptr<const Program> program = plan::lower(std::move(made));
  REQUIRE(verify(*program).empty());
  Reader reader;
  Arena arena;
  ReadOptions options;
  options.key_table = program->keys;
  const Result<Document, ReadError> document = reader.read(arena, input, Format::Json, options);
  REQUIRE(document);
  Machine machine(program, Limits{});
  RunRequest request;
  request.function = program->find_function("data.t.p");
  request.input = document->root();
  const Outcome outcome = machine.run(arena, request);
  REQUIRE(!outcome.halt);
  return {to_json(outcome.value), disassemble(*program), outcome.instructions};
}

}  // namespace

TEST_CASE("each pass is worth what it costs and changes no answer") {
  for (const Case& one : kCases) {
    INFO(one.pass);
    const plan::Plan plan = planned("package t\n\nimport rego.v1\n" + std::string(one.policy) + "\n");
    plan::Plan optimised = plan.fork();
    plan::optimise(optimised);
    plan::Plan lesser = plan.fork();
    plan::optimise(lesser, one.pass);
    const Run with = run(std::move(optimised), one.input);
    const Run without = run(std::move(lesser), one.input);
    const Run plain = run(plan.fork(), one.input);
    CHECK(plain.answer == one.answer);
    CHECK(with.answer == one.answer);
    CHECK(without.answer == one.answer);
    CHECK(with.instructions < without.instructions);
    CHECK(with.code.find(one.shown) != std::string::npos);
    CHECK(with.code != without.code);
  }
}

TEST_CASE("a rule that a key keeps from being asked is not asked in its value's place") {
  // Asked, it would be a conflict.
  for (const char* const head : {"p[input.missing] := found", "p[input.missing] := [1, found]", "p[input.missing] contains found"}) {
    INFO(head);
    const plan::Plan plan = planned(std::string("package t\n\nimport rego.v1\n") + head + R"(

found := value if { value := [both(input.x)] }
both(x) := 1 if x
both(x) := 2 if input.y
)");
    plan::Plan optimised = plan.fork();
    plan::optimise(optimised);
    const char* const input = R"({"x": true, "y": true})";
    CHECK(run(plan.fork(), input).answer == "{}");
    CHECK(run(std::move(optimised), input).answer == "{}");
  }
}

TEST_CASE("what was asked about a rule alone is not gone through again for it") {
  // Something else is wrong with the document, and of the ports it is known already that nothing is.
  const plan::Plan plan = planned(R"(package t

import rego.v1

ports := concat(", ", names) if { names := [sprintf("%v", [p]) | some c in input.cs; some p in c.ports; p.host > 0]; count(names) > 0 }
host := concat(", ", names) if { names := [c.name | some c in input.cs; c.host == true]; count(names) > 0 }
p contains ["ports", ports]
p contains ["host", host]
)");
  const auto measured = [&](std::size_t ports, std::string_view without) {
    std::string input = R"({"cs": [{"name": "a", "ports": [)";
    for (std::size_t i = 0; i < ports; ++i) input += R"({"host": 0}, )";
    plan::Plan made = plan.fork();
    plan::optimise(made, without);
    return run(std::move(made), input + R"({}]}, {"name": "b", "host": true}]})");
  };
  const Run asked = measured(10, {});
  CHECK(asked.answer == R"([["host","b"]])");
  CHECK(asked.code.find("Settle") != std::string::npos);
  CHECK(measured(110, {}).instructions - asked.instructions == measured(110, "ask_first").instructions - measured(10, "ask_first").instructions);
}

TEST_CASE("every pass has a case") {
  for (const plan::NamedPass& pass : plan::passes()) {
    INFO(pass.name);
    CHECK(std::any_of(std::begin(kCases), std::end(kCases), [&](const Case& one) { return pass.name == one.pass; }));
  }
}

TEST_CASE("what a pass must leave alone") {
  // What is passed over must be total: this error would be lost.
  const auto text = [](const char* rules) { return "package t\n\nimport rego.v1\n\n" + std::string(rules) + "\n"; };
  const auto optimised = [&](const char* rules) {
    plan::Plan plan = planned(text(rules));
    plan::optimise(plan);
    return disassemble(*plan::lower(std::move(plan)));
  };
  CHECK(optimised("bad contains x if { some x in input.xs; startswith(x, \"a\") }\np contains 1 if count(bad) == 0").find("has members") == std::string::npos);
  // A set that is wanted whole elsewhere is made once.
  CHECK(optimised("bad contains x if some x in input.xs\np contains 1 if count(bad) == 0\nq := bad").find("has members") == std::string::npos);
  // Functions whose bodies may disagree are called, for the conflict.
  CHECK(optimised("f(x) := x + 1 if x > 1\nf(x) := x + 2 if x > 2\np contains y if { some x in input.xs; y := f(x) }").find("CallFunction data.t.f") != std::string::npos);
  // What is made through a call that may fail, or is read behind one, is not asked first.
  const char* const late = "late := xs if { xs := [x | some x in input.xs; x.late]; count(xs) > 0 }\n"
                           "host := xs if { xs := [x | some x in input.xs; x.host]; count(xs) > 0 }\n";
  const std::string plain = std::string(late) + "p contains late\np contains host";
  CHECK(optimised(plain.c_str()).find("after asking") != std::string::npos);
  const std::string behind = std::string(late) + "p contains [startswith(input.a, \"x\"), late]\np contains [startswith(input.a, \"y\"), host]";
  CHECK(optimised(behind.c_str()).find("after asking") == std::string::npos);
  CHECK(optimised("late := xs if { xs := [x | some x in input.xs; startswith(x, \"a\")]; count(xs) > 0 }\n"
                  "host := xs if { xs := [x | some x in input.xs; startswith(x, \"b\")]; count(xs) > 0 }\np contains late\np contains host")
            .find("after asking") == std::string::npos);
  // A guard behind a call that may fail is no guard.
  CHECK(optimised("p contains 1 if { startswith(input.a, \"x\"); input.k == 1 }\np contains 2 if { startswith(input.a, \"x\"); input.k == 2 }\n"
                  "p contains 3 if { startswith(input.a, \"x\"); input.k == 3 }\np contains 4 if { startswith(input.a, \"x\"); input.k == 4 }")
            .find("Dispatch") == std::string::npos);
}
