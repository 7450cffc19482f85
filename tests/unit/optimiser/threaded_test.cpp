// Fused cells and chains of tests beside the twin, which has neither. In: policies that are made of them, documents at their edges; out: the same answer,
// after as many instructions.
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "codec/reader.hpp"
#include "planned.hpp"
#include "value/text.hpp"
#include "vm/machine.hpp"

using namespace psdl;

namespace {

// Names enough that some share a bit of NameBits.
std::string many_names() {
  std::string list;
  for (int i = 0; i < 130; ++i) list += "\"n" + std::to_string(i) + "\",";
  return "names := [" + list + "\"end\"]\n";
}

const char* const kPolicies[] = {
    // One test after another of one slot, each because the one before had no answer.
    R"(deny contains "bad" if { some c in input.list; bad(c) }
bad(c) if c.privileged == true
bad(c) if c.options.host == true
bad(c) if not c.mount in {null, "Default"}
bad(c) if c.user == 0
bad(c) if some x in c.add)",
    // Reads between tests, of the same slot and below it.
    R"(found contains [c.name, host] if { some c in input.list; host := c.probe.http.host; host != "" }
found contains [c.name, host] if { some c in input.list; host := c.probe.tcp.host; host != "" }
found contains ["none", c.name] if { some c in input.list; not c.probe }
found contains ["last", c.last] if some c in input.list)",
    // What names share a bit with.
    R"(deny contains 1 if { some c in input.list; c.n1 == 1 }
deny contains 65 if { some c in input.list; c.n65 == 1 }
deny contains 129 if { some c in input.list; c.n129 == 1 }
deny contains 2 if { some c in input.list; not c.n1; not c.n65 })",
    // An empty path: the value itself, of any type.
    R"(kinds contains [i, "null"] if { some i, x in input.list; x == null }
kinds contains [i, "object"] if { some i, x in input.list; x == {} }
kinds contains [i, "other"] if { some i, x in input.list; x != null; x != {} })",
    // Lists as they are, and texts of them.
    R"(texts := {"all": [x | some x in input.list], "some": [x | some x in input.list; x != null], "numbers": [n | some i, x in input.list; n := i + 1]}
line := concat(", ", [sprintf("%v", [x.name]) | some x in input.list])
longer := sprintf("%s and %s", [line, line])
size := count(texts.all) + count(line))",
    // A format of each element, joined; of a list and of a set.
    R"(listed := concat("; ", [sprintf("<%v>", [x]) | some x in input.list])
members := concat(", ", [sprintf("%v", [x]) | some x in {x | some x in input.list}])
quoted(xs) := concat(", ", [sprintf("\"%v\"", [x]) | some x in xs])
both := sprintf("%s and %s", [quoted(input.list), quoted([x | some x in input.list; x != "b"])])
nested := [quoted(x) | some x in input.list])",
    // Counts that are compared, words chosen by them, values that stand in for null.
    R"(word := plural(count(input.list))
plural(number) := "one" if { number == 1 } else := "many"
few if count(input.list) < 3
sizes := [size | some x in input.list; size := plural(count(x))]
name(x) := x.name if { x.name != null } else := ""
names_of := [name(x) | some x in input.list]
first_of := [pair | some x in input.list; pair := [name(x), input.list[0], count(names_of)]])",
    // Loops that go by what does not have what they read first.
    R"(reads := [found | some c in input.list; found := c.probe.http]
keys contains i if { some i, c in input.list; c.add[_] == "x" }
deep := {host | some c in input.list; some p in c.probe; host := p.host}
last := [c | some c in input.list; c.user; c.add])",
    // Reads that stand on operands, and fail with them there, each round anew.
    R"(pair(c) := [1, 2, 3, c.a] if { true } else := c.b if { true }
pairs := count([y | some c in input.list; y := pair(c)])
named := [sprintf("%v-%v", ["x", pair(c)]) | some i, c in input.list; i < 20])",
    // Rules that one place asks, with and without an answer.
    R"(found contains message if count(input.list) > 0
message := concat("", [part, "."])
part := sprintf("%v", [input.list[0].name]) if { input.list[0].name != null } else := "none" if input.list
other contains [late, 1]
late := [x | some x in input.list; x.late == true] if { input.list[0] })",
    // Collections made in one loop, with questions that are none of the element's.
    R"(all := input.list
late := concat(", ", xs) if { xs := [x.name | some x in all; not input.options.late == false; x.late == true]; count(xs) > 0 }
user := concat(", ", xs) if { xs := {x.name | some x in all; not input.options.user == true; not x.user == 0}; count(xs) > 0 }
more := concat(", ", xs) if { xs := [x.name | some x in all; some _ in x.add; not input.options.more]; count(xs) > 0 }
failed contains ["late", late]
failed contains ["user", user]
failed contains ["more", more])",
    R"(deny contains sprintf("%q at %d", [c.name, i]) if { some i, c in input.list; count(c.add) > 1; "x" in c.add })",
};

const char* const kDocuments[] = {
    R"({"list": []})",
    R"({"list": {}})",
    R"({"list": [{}, {"unknown": 1}, null, 1, "text", [], [{}]]})",
    R"({"list": [{"name": "a"}, {"name": null, "add": []}, {"name": "b", "add": ["x"]}, {"name": "c", "add": ["x", "y"], "user": 0}]})",
    R"({"list": [{"privileged": true}, {"privileged": false, "options": {"host": true}}, {"options": {}, "mount": null}, {"mount": "Default"}]})",
    R"({"list": [{"mount": "Other", "user": 1}, {"mount": {}, "user": 0.0}, {"options": [], "add": "x"}, {"privileged": {}, "add": {"k": 1}}]})",
    R"({"list": [{"name": "a", "probe": {"http": {"host": "h"}}}, {"name": "b", "probe": {"tcp": {"host": ""}, "http": {}}}, {"name": "c", "probe": {}}]})",
    R"({"list": [{"n1": 1}, {"n65": 1}, {"n129": 1}, {"n1": 2, "n65": 2}, {"n64": 1}, {"n0": 1, "n2": 1}]})",
    // More keys than are looked at together, with what is asked for first, in the middle and last.
    R"({"list": [{"add": ["x","y"], "b":1, "c":1, "d":1, "e":1, "f":1, "g":1, "h":1, "i":1, "j":1, "last": 1, "name": "n", "user": 0},
        {"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1,"s":1,"t":1,"user":0,"z":1}]})",
    R"({"list": {"k": {"name": "a", "user": 0}, "l": {"add": ["x", "z"], "name": "b"}}})",
    R"({"list": ["a"]})",
    R"({"list": ["b", "a", "b", "c"], "options": {"late": false, "user": true}})",
    R"({"list": ["a", 1, "b"]})",
    R"({"list": [["a"], ["b", "a"], [], {"k": "v"}, {}]})",
    R"({"list": [{"name": "a", "late": true, "add": [1, 2]}, {"name": "b", "user": 0}, {"name": "c", "late": true}], "options": {"late": true}})",
    R"({"list": [{"name": "a", "late": true, "add": [1, 2]}, {"name": "b", "user": 0}, {"name": "c", "late": true}], "options": {"more": 1, "user": true}})",
    R"({"other": 1})",
};

// Texts that come to what one instruction joins by itself, and to one byte more, with what the policies put around them.
std::vector<std::string> documents() {
  std::vector<std::string> all(std::begin(kDocuments), std::end(kDocuments));
  for (const std::size_t size : {508U, 509U, 510U, 511U, 512U, 1'018U, 1'019U, 1'020U, 1'021U, 1'022U, 1'023U, 1'024U, 1'025U}) {
    all.push_back(R"({"list": [")" + std::string(size, 'x') + R"("]})");
    all.push_back(R"({"list": [")" + std::string(size, 'x') + R"(", ")" + std::string(size, 'y') + R"("]})");
  }
  // So many elements that what a round left behind would go beyond every stack.
  std::string elements;
  for (int i = 0; i < 20'000; ++i) elements += (i == 0 ? "" : ",") + std::string(R"({"b": )") + std::to_string(i) + "}";
  all.push_back(R"({"list": [)" + elements + "]}");
  return all;
}

struct Answer {
  std::string text;
  std::uint64_t instructions = 0;
};

Answer answer(const std::shared_ptr<const Program>& program, std::uint32_t function, const Value& input, bool is_traced) {
  Machine machine(program, Limits{});
  Trace trace;
  RunRequest request;
  request.function = function;
  request.input = input;
  if (is_traced) request.trace = &trace;
  Arena results;
  const Outcome outcome = machine.run(results, request);
  if (outcome.halt.has_value()) return {std::string(eval_code_name(outcome.halt->code)), outcome.instructions};
  return {outcome.value.is_defined() ? to_rego(outcome.value) : "undefined", outcome.instructions};
}

}  // namespace

TEST_CASE("fused cells and chains give what the twin gives, after as many instructions") {
  for (const char* const policy : kPolicies) {
    plan::Plan plan = planned("package t\n\n" + many_names() + policy + "\n");
    plan::optimise(plan);
    const std::shared_ptr<const Program> program = plan::lower(std::move(plan));
    REQUIRE(verify(*program) == "");
    for (const bool has_names : {true, false}) {
      for (const std::string& text : documents()) {
        Arena arena;
        Reader reader;
        ReadOptions options;
        if (has_names) options.key_table = program->keys;
        const Result<Document, ReadError> document = reader.read(arena, text, Format::Json, options);
        REQUIRE(document);
        for (std::uint32_t i = 0; i < program->functions.size(); ++i) {
          if (program->functions[i].kind == FunctionKind::Function) continue;
          INFO(policy << "\n" << text << "\n" << program->functions[i].path << (has_names ? "" : ", keys without numbers"));
          const Answer plain = answer(program, i, document->root(), false);
          const Answer traced = answer(program, i, document->root(), true);
          CHECK(plain.text == traced.text);
          CHECK(plain.instructions == traced.instructions);
        }
      }
    }
  }
}

namespace {

// What both loops give for a program that no policy comes to, but an image may be.
void check_image(const std::shared_ptr<Program>& program, const char* input, const char* wanted) {
  REQUIRE(verify(*program) == "");
  Arena arena;
  Reader reader;
  const Result<Document, ReadError> document = reader.read(arena, input, Format::Json, {});
  REQUIRE(document);
  const std::uint32_t function = program->find_function("data.t.p");
  const Answer plain = answer(program, function, document->root(), false);
  const Answer traced = answer(program, function, document->root(), true);
  CHECK(plain.text == wanted);
  CHECK(traced.text == wanted);
  CHECK(plain.instructions == traced.instructions);
}

}  // namespace

TEST_CASE("what an image ends with and never reaches is threaded without a look beyond it") {
  for (const Op last : {Op::Next, Op::TestNotPathSlot, Op::LoadSlot}) {
    INFO(op_info(last).name);
    plan::Plan plan = planned("package t\n\np := [x | some x in input.list; not x.other]\n");
    plan::optimise(plan);
    const std::shared_ptr<Program> program = plan::lower(std::move(plan));
    Function& function = *std::max_element(program->functions.begin(), program->functions.end(), [](const Function& a, const Function& b) { return a.end < b.end; });
    function.slots = std::max(function.slots, 1U);
    const auto end = static_cast<std::uint32_t>(program->code.size());
    // A loop that nothing leads to, so that there is somewhere to go back to.
    program->code.push_back({Op::Next, 0, 0, kNoSlot, 0, end});
    if (last == Op::TestNotPathSlot) program->code.push_back({last, 0, 0, 0, 0, end});
    if (last == Op::LoadSlot) program->code.push_back({last, 0, 0, 0, 0, kNoLabel});
    function.end = static_cast<std::uint32_t>(program->code.size());
    program->spans.resize(program->code.size());
    check_image(program, R"({"list": [1, {"other": 2}]})", "[1]");
  }
}

TEST_CASE("a list of texts that is joined above operands leaves them as the loop would") {
  plan::Plan plan = planned("package t\n\np := [y | some c in input.list; not c.a; not c.b; not c.d; not c.e; y := concat(\", \", [sprintf(\"<%v>\", [e]) | some e in c])]\n");
  plan::optimise(plan);
  const std::shared_ptr<Program> program = plan::lower(std::move(plan));
  Function& function = program->functions[program->find_function("data.t.p")];
  Instruction* const code = &program->code[function.entry];
  REQUIRE(code[7].op == Op::BuildBegin);
  REQUIRE(code[12].op == Op::Format);
  REQUIRE(code[15].op == Op::JoinEnd);
  // The format fails to a loop of its own, so that nothing says what stands below the other one.
  const auto at = [&](std::uint32_t k) { return function.entry + k; };
  code[3] = {Op::Jump, 0, 0, at(6), 0, kNoLabel};
  code[4] = {Op::Next, 0, 0, kNoSlot, code[10].c, at(15)};
  code[5] = {Op::Jump, 0, 0, at(4), 0, kNoLabel};
  code[6] = {Op::LoadConst, 0, 0, 0, 0, kNoLabel};
  code[12].fail = at(4);
  function.max_stack = 4;
  std::string list;
  for (int i = 0; i < 2'000; ++i) list += R"(["a", "b"], )";
  const std::string input = "{\"list\": [" + list + R"(["c"]]})";
  std::string wanted;
  for (int i = 0; i < 2'000; ++i) wanted += R"("<a>, <b>", )";
  check_image(program, input.c_str(), ("[" + wanted + R"("<c>"])").c_str());
}
