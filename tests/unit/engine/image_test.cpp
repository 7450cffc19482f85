// Program images: what psdl writes is read back as it was, and whatever else is refused with its own code. Every case changes one thing of a good image
// and puts the right checksum in.
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <span>
#include <string>
#include <vector>

#include "image_parts.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/inspect.hpp"
#include "value/builders.hpp"

namespace {

std::atomic<std::size_t> asked_bytes{0};  // of all calls of new since it was last set to 0

}  // namespace

// Not inlined, or the compiler takes free() for the wrong partner.
[[gnu::noinline]] void* operator new(std::size_t size) {
  asked_bytes += size;
  if (void* made = std::malloc(size)) return made;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  asked_bytes += size;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace psdl;
using psdl::test::ImageParts;

namespace {

// Something of everything that an image holds.
constexpr std::string_view kRules = R"(package example

# METADATA
# title: No privileged containers
# custom: {id: EX1}
deny contains msg if {
  some c in input.spec.containers
  c.privileged == true
  not is_known(c.name)
  msg := sprintf("%s is privileged", [c.name])
}

warn contains "many" if count(input.spec.containers) > limits.most

limits := {"most": 2, "kinds": {"a", "b"}, "large": 123456789012345678901, "ratio": 2.50, "deep": [[null, true], {1: -7}]}

is_known(name) if name in limits.kinds

add(x, y) := x + y

fake(_, _) := 7

total := sum([add(n, 1) | some n in input.numbers])

mocked if add(1, 2) == 7 with add as fake

texts := sprintf("%s", [concat(", ", [sprintf("<%s>", [n]) | some n in input.names])])

under := t if t := total with input.numbers as [1, 2]

rows contains x if some x in input.numbers with input.numbers as [1, 5]

pairs[k] := v if some k, v in input.labels

nested[x].all contains y if some x, y in input.labels

first := {"one": 1, "two": 2}[input.which]

level := 3 if input.level == "high"
else := 2 if input.level == "middle"
default level := 1

shape if [_, {"a": _}] = input.shape

grouped contains "a" if input.kind == "Pod"
grouped contains "b" if input.kind == "Service"
grouped contains "c" if input.kind == "Secret"
grouped contains "d" if input.kind == "Job"
grouped contains "e" if input.kind == "Role"
grouped contains "f" if input.kind == "Node"
grouped contains "g" if input.kind == "Secret"
grouped contains "h" if input.kind == "Lease"
grouped contains "i" if input.kind == "Ingress"
grouped contains "j" if input.kind == "Endpoints"

named if {
  some c in input.spec.containers
  c.name == "app"
}
)";

constexpr std::string_view kPod =
    "kind: Pod\nmetadata: {name: web}\nnumbers: [1, 2, 3]\nlevel: middle\nlabels: {a: b}\nspec:\n  containers:\n    - {name: app, privileged: true}\n    - {name: b}\n    - {name: c}\n";

std::string built(std::string_view rules = kRules, bool optimise = true) {
  PolicyBuilder builder({.optimise = optimise});
  builder.add_source("rule.psdl", rules, "rule.psdl");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  REQUIRE(policy);
  std::string image = policy.image(problems);
  REQUIRE(problems.empty());
  return image;
}

Policy loaded(std::string_view image, DiagnosticList& problems, EngineOptions options = {}) {
  PolicyBuilder builder(options);
  builder.add_image("policy.psdlc", image);
  return builder.build(problems);
}

// The code that the image is refused with; empty where it is taken.
std::string refusal(std::string_view image) {
  DiagnosticList problems;
  const Policy policy = loaded(image, problems);
  CHECK(static_cast<bool>(policy) == problems.empty());
  CHECK(problems.size() <= 1);
  return problems.empty() ? std::string() : std::string(problems[0].code);
}

struct Broken {
  const char* rule;
  const char* code;
  void (*change)(ImageParts& parts);
};

Value one_set(std::vector<Value> members) {
  static Arena arena;
  Value* kept = arena.allocate_array<Value>(members.size());
  std::copy(members.begin(), members.end(), kept);
  return Value::set(arena.make<Set>(kept, static_cast<std::uint32_t>(members.size()), true));
}

std::uint32_t number_of(ImageParts& parts, std::string_view path) {
  std::uint32_t number = 0;
  parts.rows<Function>("Functions", [&](auto& rows) { while (rows.at(number).path != path) ++number; });
  return number;
}

Instruction jump(std::size_t to) { return {Op::Jump, 0, 0, static_cast<std::uint32_t>(to)}; }

const Broken kBroken[] = {
    // Sections and rows.
    {"a section with bytes behind its last row", "image_section", [](ImageParts& p) { p.section("Paths") += '\0'; }},
    {"a section that ends within a row", "image_section", [](ImageParts& p) { p.section("Spans").pop_back(); }},
    {"a count of rows that the section has no room for", "image_section", [](ImageParts& p) { test::put(p.section("Code"), 0, std::uint32_t{0x7FFFFFFF}); }},
    {"the engine's section is empty", "image_section", [](ImageParts& p) { p.section("Policy").clear(); }},
    {"a text that is no UTF-8", "image_utf8", [](ImageParts& p) { p.section("Sources")[8] = static_cast<char>(0xC0); }},
    {"a function of a kind that is not known", "image_operand", [](ImageParts& p) { p.function("data.example.deny", [](Function& f) { f.kind = static_cast<FunctionKind>(6); }); }},
    {"names out of order", "image_constant", [](ImageParts& p) { p.rows<std::string>("Keys", [](auto& rows) { std::swap(rows[0], rows[1]); }); }},
    {"a name twice", "image_constant", [](ImageParts& p) { p.rows<std::string>("Keys", [](auto& rows) { rows[0] = rows[1]; }); }},
    // Constants.
    {"a value of an unknown kind", "image_constant", [](ImageParts& p) { p.section("Constants") = std::string("\1\0\0\0\x0B", 5); }},
    {"a constant without a value", "image_constant", [](ImageParts& p) { p.section("Constants") = std::string("\1\0\0\0\0", 5); }},
    {"a set out of order", "image_constant", [](ImageParts& p) { p.rows<Value>("Constants", [](auto& rows) { rows[0] = one_set({Value::integer(2), Value::integer(1)}); }); }},
    {"a set with a member twice", "image_constant", [](ImageParts& p) { p.rows<Value>("Constants", [](auto& rows) { rows[0] = one_set({Value::integer(1), Value::integer(1)}); }); }},
    {"a number that is none", "image_constant", [](ImageParts& p) { p.section("Constants") = std::string("\1\0\0\0\x05\2\0\0\0-.", 11); }},
    {"a number of another kind than its text", "image_constant", [](ImageParts& p) { p.section("Constants") = std::string("\1\0\0\0\x06\1\0\0\0" "7", 10); }},
    {"constants nested 129 deep", "image_nesting",
     [](ImageParts& p) {
       p.section("Constants") = std::string("\1\0\0\0", 4);
       for (int i = 0; i < 128; ++i) p.section("Constants") += std::string("\x08\1\0\0\0", 5);
       p.section("Constants") += '\1';
     }},
    {"arrays in arrays that each claim all that is left", "image_section",
     [](ImageParts& p) {
       p.section("Constants") = std::string("\1\0\0\0", 4);
       for (int i = 0; i < 100; ++i) p.section("Constants") += std::string("\x08\xFF\0\0\0", 5);
     }},
    {"a step of a path that is no text", "image_constant", [](ImageParts& p) { p.rows<PathStep>("PathSteps", [](auto& rows) { rows[0].name = Value::integer(1); }); }},
    {"the keys of an object are no array", "image_constant",
     [](ImageParts& p) {
       p.rows<Value>("Constants", [](auto& rows) { rows.push_back(Value::integer(1)); });
       p.instruction(Op::ObjectKeys, [&](Instruction& i) { i.b = test::get<std::uint32_t>(p.section("Constants"), 0) - 1; });
     }},
    // Tables.
    {"a path outside the table of steps", "image_table", [](ImageParts& p) { p.rows<Path>("Paths", [](auto& rows) { rows[0].size = 0xFFFFFFFF; }); }},
    {"a filter on a path that is not there", "image_table", [](ImageParts& p) { p.rows<ScanFilter>("Filters", [](auto& rows) { rows.push_back({0xFFFF, 0, kNoIndex}); }); }},
    {"a filter that compares with nothing", "image_table", [](ImageParts& p) { p.rows<ScanFilter>("Filters", [](auto& rows) { rows.push_back({0, kNoSlot, kNoIndex}); }); }},
    {"a mock of nothing", "image_table", [](ImageParts& p) { p.rows<MockEntry>("Mocks", [](auto& rows) { rows[0] = {kNoIndex, kNoIndex}; }); }},
    {"a mock of a rule", "image_table", [](ImageParts& p) { const std::uint32_t deny = number_of(p, "data.example.deny"); p.rows<MockEntry>("Mocks", [&](auto& rows) { rows[0] = {deny, kNoIndex}; }); }},
    {"an overlay that takes another number of values", "image_table", [](ImageParts& p) { p.rows<OverlaySpec>("Overlays", [](auto& rows) { ++rows[0].value_count; }); }},
    {"an overlay of a function that is not in the table", "image_table",
     [](ImageParts& p) { p.rows<OverlaySpec>("Overlays", [](auto& rows) { for (auto& row : rows) for (auto& t : row.targets) if (t.kind == OverlayTarget::Kind::Mock) t.mock = 99; }); }},
    {"an overlay of the input without a value", "image_table",
     [](ImageParts& p) { p.rows<OverlaySpec>("Overlays", [](auto& rows) { for (auto& row : rows) for (auto& t : row.targets) if (t.kind == OverlayTarget::Kind::Input) t.has_value = false; }); }},
    {"functions that do not follow on each other", "image_table", [](ImageParts& p) { p.rows<Function>("Functions", [](auto& rows) { ++rows[1].entry; }); }},
    {"code behind the last function", "image_table",
     [](ImageParts& p) {
       p.rows<Instruction>("Code", [](auto& rows) { rows.push_back({Op::ReturnResult}); });
       p.rows<Span>("Spans", [](auto& rows) { rows.emplace_back(); });
     }},
    {"fewer places than instructions", "image_table", [](ImageParts& p) { p.rows<Span>("Spans", [](auto& rows) { rows.pop_back(); }); }},
    {"a place below data that is not in the table", "image_table",
     [](ImageParts& p) { p.function("data.example", [](Function& f) { f.data_path = 99; }); }},
    {"an instruction's place outside its source", "image_place", [](ImageParts& p) { p.rows<Span>("Spans", [](auto& rows) { rows[0].end = 0x7FFFFFFF; }); }},
    {"a rule's place in a source that is not there", "image_place", [](ImageParts& p) { p.function("data.example.deny", [](Function& f) { f.bodies[0].source = 3; }); }},
    {"a place that ends before it begins", "image_place", [](ImageParts& p) { p.rows<Span>("Spans", [](auto& rows) { rows[0] = {0, 9, 8}; }); }},
    {"a value that no rule gives", "image_place",
     [](ImageParts& p) { p.function("data.example.level", [](Function& f) { f.bodies.clear(); });
                         p.rows<Instruction>("Code", [](auto& rows) { for (std::size_t at = 0; at < rows.size(); ++at) if (rows[at].op == Op::Body) rows[at] = jump(at + 1); }); }},
    {"a rule twice", "image_entry_point", [](ImageParts& p) { p.function("data.example.warn", [](Function& f) { f.path = "data.example.deny"; }); }},
    {"a frame beyond what may be", "image_limit", [](ImageParts& p) { p.function("data.example.deny", [](Function& f) { f.slots = 1U << 21; }); }},
    {"more than 10,000 functions", "image_limit", [](ImageParts& p) { p.rows<Function>("Functions", [](auto& rows) { rows.resize(10'001); }); }},
    {"more than a million constants", "image_limit", [](ImageParts& p) { p.section("Constants") = std::string("\x41\x42\x0F\0", 4) + std::string(1'000'001, '\1'); }},
    // Code.
    {"an instruction that is not known", "image_opcode", [](ImageParts& p) { p.instruction(Op::Body, [](Instruction& i) { i.op = static_cast<Op>(kOpCount); }); }},
    {"a constant that is not in the table", "image_operand", [](ImageParts& p) { p.instruction(Op::LoadConst, [](Instruction& i) { i.b = 0xFFFF; }); }},
    {"a slot beyond the frame", "image_operand", [](ImageParts& p) { p.instruction(Op::LoadSlot, [](Instruction& i) { i.b = 0xFFFF; }); }},
    {"a value stored nowhere", "image_operand", [](ImageParts& p) { p.instruction(Op::StoreSlot, [](Instruction& i) { i.b = kNoSlot; }); }},
    {"a field that the instruction does not have", "image_operand", [](ImageParts& p) { p.instruction(Op::Body, [](Instruction& i) { i.c = 1; }); }},
    {"a flag that is not known", "image_operand", [](ImageParts& p) { p.instruction(Op::Body, [](Instruction& i) { i.flags = 4; }); }},
    {"a comparison that is not known", "image_operand", [](ImageParts& p) { p.instruction(Op::TestCompare, [](Instruction& i) { i.a = 5; }); }},
    {"a builder of no kind", "image_operand", [](ImageParts& p) { p.instruction(Op::BuildBegin, [](Instruction& i) { i.a = 4; }); }},
    {"a rule body that is not there", "image_operand", [](ImageParts& p) { p.instruction(Op::Body, [](Instruction& i) { i.b = 99; }); }},
    {"a count that would come round to 0", "image_operand", [](ImageParts& p) { p.instruction(Op::MakeArray, [](Instruction& i) { i = {Op::MakeObject, 0, 0, 0x80000000U}; }); }},
    {"a call of a function that is not there", "image_operand", [](ImageParts& p) { p.instruction(Op::CallRule, [](Instruction& i) { i.b = 0xFFFF; }); }},
    {"a jump out of the function", "image_jump", [](ImageParts& p) { p.instruction(Op::Jump, [](Instruction& i) { i.b = 0xFFFF; }); }},
    {"a jump back that no limit sees", "image_jump", [](ImageParts& p) { p.rows<Instruction>("Code", [](auto& rows) { for (std::size_t at = 0; at < rows.size(); ++at) if (rows[at].op == Op::Jump) rows[at] = jump(at); }); }},
    {"a fail label in another function", "image_jump", [](ImageParts& p) { p.instruction(Op::Iter, [&](Instruction& i) { i.fail = test::get<std::uint32_t>(p.section("Code"), 0) - 1; }); }},
    {"a label on what cannot fail", "image_jump", [](ImageParts& p) { p.instruction(Op::Body, [](Instruction& i) { i.fail = 0; }); }},
    {"code that ends without a return", "image_return", [](ImageParts& p) { p.rows<Instruction>("Code", [](auto& rows) { rows.back() = {Op::Pop}; }); }},
    {"a function without code", "image_return",
     [](ImageParts& p) { p.rows<Function>("Functions", [](auto& rows) { Function empty = rows.back(); empty.path = "data.example.empty"; empty.entry = empty.end; rows.push_back(empty); }); }},
    {"an operand stack that runs empty", "image_stack", [](ImageParts& p) { p.instruction(Op::LoadSlot, [](Instruction& i) { i = {Op::Pop}; }); }},
    {"an operand stack beyond its declared depth", "image_stack", [](ImageParts& p) { p.function("data.example.deny", [](Function& f) { f.max_stack = 0; }); }},
    {"two heights of the stack at one instruction", "image_stack",
     [](ImageParts& p) { p.rows<Instruction>("Code", [](auto& rows) { for (std::size_t at = 0; at < rows.size(); ++at) if (rows[at].op == Op::PathInput) rows[at].fail = static_cast<std::uint32_t>(at + 1); }); }},
    {"a slot read before it is written", "image_slot", [](ImageParts& p) { p.instruction(Op::Next, [](Instruction& i) { i.b = kNoSlot; i.c = kNoSlot; }); }},
    {"an iterator that nobody opened", "image_scope", [](ImageParts& p) { p.instruction(Op::Iter, [](Instruction& i) { i = {Op::Pop}; }); }},
    {"an iterator that is left open", "image_scope", [](ImageParts& p) { p.instruction(Op::PopIter, [](Instruction& i) { i = {Op::Jump, 0, 0, 0}; });
                         p.rows<Instruction>("Code", [](auto& rows) { for (std::size_t at = 0; at < rows.size(); ++at) if (rows[at].op == Op::Jump && rows[at].b == 0) rows[at].b = static_cast<std::uint32_t>(at + 1); }); }},
    {"no iterators left", "image_scope", [](ImageParts& p) { p.instruction(Op::PopIter, [](Instruction& i) { i.b = 0; }); }},
    {"a pair for a set", "image_scope", [](ImageParts& p) { p.instruction(Op::BuildBegin, [](Instruction& i) { i.a = static_cast<std::uint16_t>(BuilderKind::Object); }); }},
    {"an overlay that nobody opened", "image_scope", [](ImageParts& p) { p.rows<Instruction>("Code", [](auto& rows) { for (std::size_t at = 0; at < rows.size(); ++at) if (rows[at].op == Op::PushOverlay && rows[at - 1].op == Op::Body) rows[at] = jump(at + 1); }); }},
    // Calls.
    {"a call with another number of arguments", "image_call", [](ImageParts& p) { p.instruction(Op::CallFunction, [](Instruction& i) { ++i.a; }); }},
    {"a builtin called with another number of operands", "image_call", [](ImageParts& p) { p.instruction(Op::CallBuiltin, [](Instruction& i) { ++i.a; }); }},
    {"a mock called with another number of arguments", "image_call", [](ImageParts& p) { p.instruction(Op::CallMock, [](Instruction& i) { ++i.a; }); }},
    {"a rule that takes arguments", "image_call", [](ImageParts& p) { p.function("data.example.deny", [](Function& f) { f.arity = 1; }); }},
    {"a function called as a rule", "image_call", [](ImageParts& p) { p.function("data.example.limits", [](Function& f) { f.kind = FunctionKind::Function; }); }},
    {"a builtin that is not there", "image_builtin", [](ImageParts& p) { p.rows<BuiltinRef>("Builtins", [](auto& rows) { rows[0].name = "no.such"; }); }},
    {"a builtin with another number of operands", "image_builtin", [](ImageParts& p) { p.rows<BuiltinRef>("Builtins", [](auto& rows) { rows[0].arity = 9; }); }},
    {"a builtin that reaches outside", "image_capability", [](ImageParts& p) { p.rows<BuiltinRef>("Builtins", [](auto& rows) { rows[0] = {nullptr, "http.send", 1}; }); }},
    {"a rule that calls itself", "image_recursion",
     [](ImageParts& p) {
       const std::uint32_t package = number_of(p, "data.example");
       p.rows<Instruction>("Code", [&](auto& rows) { for (auto& i : rows) if (i.op == Op::CallRule) i.b = package; });
     }},
};

void all_dispatches(ImageParts& parts, const std::function<void(DispatchTable&)>& change) {
  parts.rows<DispatchTable>("Dispatches", [&](auto& rows) {
    REQUIRE(!rows.empty());
    change(rows[0]);
  });
}

// Of instructions and tables that only the optimiser makes.
const Broken kBrokenOptimised[] = {
    {"a set of members that is none", "image_constant",
     [](ImageParts& p) {
       p.rows<Value>("Constants", [](auto& rows) { rows.push_back(Value::integer(1)); });
       p.instruction(Op::InPathSlot, [&](Instruction& i) { i.c = test::get<std::uint32_t>(p.section("Constants"), 0) - 1; });
     }},
    {"what stands between texts is none", "image_constant",
     [](ImageParts& p) {
       p.rows<Value>("Constants", [](auto& rows) { rows.push_back(Value::integer(1)); });
       p.instruction(Op::JoinEnd, [&](Instruction& i) { i.b = test::get<std::uint32_t>(p.section("Constants"), 0) - 1; });
     }},
    {"a text joined from an object", "image_scope",
     [](ImageParts& p) {
       p.rows<Instruction>("Code", [](auto& rows) {
         Instruction join = {};
         for (const Instruction& i : rows) join = i.op == Op::JoinEnd ? i : join;
         bool is_object = false;
         for (std::size_t at = 0; at < rows.size(); ++at) {
           if (rows[at].op == Op::BuildBegin) is_object = rows[at].a == static_cast<std::uint16_t>(BuilderKind::Object);
           if (rows[at].op != Op::BuildEnd || !is_object) continue;
           rows[at] = join;
           rows[at].fail = static_cast<std::uint32_t>(at + 1);
         }
       });
     }},
    {"a filter's slot beyond the frame", "image_operand", [](ImageParts& p) { p.rows<ScanFilter>("Filters", [](auto& rows) { rows.at(0) = {rows.at(0).path, 0xFFFF, kNoIndex}; }); }},
    {"a case whose constant is not there", "image_table", [](ImageParts& p) { all_dispatches(p, [](DispatchTable& t) { t.cases.at(0).constant = 0xFFFF; }); }},
    {"a case whose bodies lie outside the list", "image_table", [](ImageParts& p) { all_dispatches(p, [](DispatchTable& t) { t.cases.at(0).end = 0xFFFF; }); }},
    {"a body that the table does not know", "image_table", [](ImageParts& p) { all_dispatches(p, [](DispatchTable& t) { t.order.at(0) = 0xFFFF; }); }},
    {"a body outside the function", "image_jump", [](ImageParts& p) { all_dispatches(p, [](DispatchTable& t) { t.bodies.at(0) = 0; }); }},
    {"a dispatch without a table", "image_table", [](ImageParts& p) { p.function("data.example.grouped", [](Function& f) { f.dispatch = kNoIndex; }); }},
    {"a dispatch that is not in the table", "image_table", [](ImageParts& p) { p.function("data.example.grouped", [](Function& f) { f.dispatch = 99; }); }},
    {"the plain program is damaged", "image_checksum", [](ImageParts& p) { p.section("Policy")[p.section("Policy").size() - 9] = static_cast<char>(p.section("Policy")[p.section("Policy").size() - 9] ^ 1); }},
};

}  // namespace

TEST_CASE("an image gives what its rules give, and is written again with the same bytes") {
  for (const bool optimise : {true, false}) {
    const std::string image = built(kRules, optimise);
    CHECK(is_program_image(image));
    CHECK(image == built(kRules, optimise));
    DiagnosticList problems;
    const Policy from_image = loaded(image, problems);
    REQUIRE(from_image);
    CHECK(from_image.image(problems) == image);
    PolicyBuilder builder({.optimise = optimise});
    builder.add_source("rule.psdl", kRules, "rule.psdl");
    const Policy from_rules = builder.build(problems);
    CHECK(from_image.rules() == from_rules.rules());
    REQUIRE(from_image.entry_points().size() == 2);
    CHECK(from_image.entry_points()[0].id == "EX1");
    CHECK(from_image.check_entry_points(problems));

    std::vector<Finding> findings[2];
    for (const int side : {0, 1}) {
      Evaluator evaluator(side == 0 ? from_rules : from_image);
      evaluator.evaluate(kPod, DocumentFormat::Yaml, "pod.yaml", [&](const Verdict& verdict) {
        CHECK(verdict.status == Status::Deny);
        findings[side] = verdict.findings;
        return true;
      });
      CHECK(findings[side].size() == 2);
    }
    for (std::size_t i = 0; i < findings[0].size(); ++i) {
      CHECK(findings[0][i].message == findings[1][i].message);
      CHECK(findings[0][i].fingerprint == findings[1][i].fingerprint);
      CHECK(findings[0][i].location.line == findings[1][i].location.line);
      CHECK(findings[0][i].source_line == findings[1][i].source_line);
    }
  }
}

TEST_CASE("queries that name a document of an image have the answers of its rules") {
  DiagnosticList problems;
  const Policy from_image = loaded(built(), problems);
  PolicyBuilder builder;
  builder.add_source("rule.psdl", kRules, "rule.psdl");
  const Policy from_rules = builder.build(problems);
  for (const char* text : {"data.example", "data", "data.example.total", "data.example.limits.deep[1]", "data.example.limits.kinds[\"a\"]", "data.example.limits.kinds.c", "data.example.nested",
                           "data.example.nested.a.all", "data.example.deny", "data.example.nothing", "data.nothing.at.all", "data.example.under", "data.example.mocked", "data.example.rows",
                           "data[\"example\"].level", "data.example.limits.large", "data.example.first"}) {
    INFO(text);
    std::string answers[2];
    for (const int side : {0, 1}) {
      const Policy& policy = side == 0 ? from_rules : from_image;
      const Query query = prepare_query(policy, text, problems);
      REQUIRE(query);
      Evaluator evaluator(policy);
      const std::string_view pod = kPod;
      std::size_t at = 0;
      const ReadFunction read = [&](char* buffer, std::size_t capacity) {
        const std::size_t size = std::min(capacity, pod.size() - at);
        std::copy_n(pod.data() + at, size, buffer);
        at += size;
        return static_cast<std::ptrdiff_t>(size);
      };
      evaluator.query(query, read, DocumentFormat::Yaml, "pod.yaml", [&](const QueryAnswer& answer) {
        answers[side] = answer.result_json;
        return true;
      });
    }
    CHECK(answers[0] == answers[1]);
  }
  for (const char* text : {"x := 1", "data.example.add(1, 2)", "data.example.add", "data.example[x]", "input.spec", "not data.example.total", "data.example.total; data.example.level"}) {
    INFO(text);
    DiagnosticList refused;
    CHECK(!prepare_query(from_image, text, refused));
    REQUIRE(!refused.empty());
    CHECK(refused[0].code == "image_query");
  }
}

TEST_CASE("each rule of the verifier refuses the image that breaks it, with its own code") {
  // Step by step as the plan says, where every instruction of the plan is found; and as the optimiser makes it.
  for (const bool optimise : {false, true}) {
    const std::string good = built(kRules, optimise);
    REQUIRE(refusal(good).empty());
    REQUIRE(ImageParts(good).joined() == good);
    const std::span<const Broken> all = optimise ? std::span<const Broken>(kBrokenOptimised) : std::span<const Broken>(kBroken);
    for (const Broken& broken : all) {
      INFO(broken.rule);
      ImageParts parts(good);
      broken.change(parts);
      CHECK(refusal(parts.joined()) == broken.code);
    }
  }
}

TEST_CASE("a header that says something else is refused, and no lie about a size asks for memory") {
  const std::string good = built();
  const auto changed = [&](const std::function<void(std::string&)>& change, bool seals = true) {
    std::string image = good;
    change(image);
    if (seals) seal_image(image);
    return refusal(image);
  };
  CHECK(changed([](std::string& image) { image[0] = 'X'; }) == "image_magic");
  CHECK(changed([](std::string& image) { std::reverse(image.begin() + kImageMarkAt, image.begin() + kImageMarkAt + 4); }) == "image_endianness");
  CHECK(changed([](std::string& image) { test::put(image, kImageVersionAt, kImageVersion + 1); }) == "image_version");
  CHECK(changed([](std::string& image) { test::put(image, kImageSizeAt, std::uint64_t{1} << 63); }) == "image_size");
  CHECK(changed([](std::string& image) { image += '\0'; }) == "image_size");
  CHECK(changed([](std::string& image) { test::put(image, kImageCountAt, kImageSections - 1); }) == "image_section");
  CHECK(changed([](std::string& image) { test::put(image, kImageCountAt, UINT32_MAX); }) == "image_section");
  CHECK(changed([](std::string& image) { image.resize(kImageHeaderSize); test::put(image, kImageSizeAt, std::uint64_t{image.size()}); }) == "image_section");
  CHECK(changed([](std::string& image) { image += std::string(8, '\0'); test::put(image, kImageSizeAt, std::uint64_t{image.size()}); }) == "image_section");
  for (std::size_t section = 0; section < kImageSections; ++section) {
    INFO(image_section_name(section));
    const std::size_t entry = test::entry_at(section);
    CHECK(changed([&](std::string& image) { test::put(image, entry, std::uint32_t{99}); }) == "image_section");
    CHECK(changed([&](std::string& image) { test::put(image, entry + 8, std::uint64_t{0}); }) == "image_section");
    asked_bytes = 0;
    CHECK(changed([&](std::string& image) { test::put(image, entry + 16, std::uint64_t{1} << 63); }) == "image_section");
    CHECK(asked_bytes < 1024 * 1024);
  }
  CHECK(changed([](std::string& image) { image[kImageChecksumAt] = static_cast<char>(image[kImageChecksumAt] ^ 1); }, false) == "image_checksum");
}

TEST_CASE("an image cut off anywhere is refused, and asks for next to no memory") {
  const std::string good = built();
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::string cut = good.substr(0, size);
    asked_bytes = 0;
    const std::string plain = refusal(cut);
    const std::size_t asked = asked_bytes;
    if (plain != (size < kImageMagic.size() ? "image_magic" : "image_size") || asked > 256 * 1024) FAIL(size << " bytes: " << plain << ", " << asked << " bytes asked for");
    // The same with a header that admits it.
    if (size < kImageHeaderSize) continue;
    test::put(cut, kImageSizeAt, std::uint64_t{size});
    seal_image(cut);
    asked_bytes = 0;
    const std::string admitted = refusal(cut);
    if (admitted != "image_section" || asked_bytes > 1024 * 1024) FAIL(size << " bytes, admitted: " << admitted);
  }
}

TEST_CASE("a byte changed anywhere is noticed") {
  const std::string good = built("package example\n\ndeny contains \"no\" if input.privileged\n");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned bit : {0x01U, 0x80U, 0xFFU}) {
      std::string image = good;
      image[at] = static_cast<char>(static_cast<unsigned char>(image[at]) ^ bit);
      if (refusal(image).empty()) FAIL("byte " << at << " was changed and nobody noticed");
    }
  }
}

TEST_CASE("entry points of an image have code, stand there once, and are there where it says so") {
  const std::string good = built();
  const auto changed = [&](std::string_view from, std::string_view to) {
    ImageParts parts(good);
    std::string& section = parts.section("Policy");
    const std::size_t at = section.find(from);
    REQUIRE(at != std::string::npos);
    section.replace(at, from.size(), to);
    return refusal(parts.joined());
  };
  CHECK(changed("data.example.deny", "data.example.dent") == "image_entry_point");
  CHECK(changed("data.example.warn", "data.example.deny") == "image_entry_point");
  ImageParts none(good);
  // No entries, one group that says it has some.
  ImageWriter out;
  const std::vector<std::string> no_texts;
  const std::vector<std::string> packages{"data.example"};
  const std::string name = "rule.psdl";
  for (const std::uint32_t number : {0U, 1U}) out.number(number);
  all(out, name, no_texts, packages);
  out.truth(true);
  out.number(std::uint32_t{0});  // nothing that rules say of themselves
  for (const bool truth : {false, false}) out.truth(truth);
  for (const std::uint32_t number : {0U, 0U, 0U}) out.number(number);
  none.section("Policy") = out.bytes();
  CHECK(refusal(none.joined()) == "image_entry_point");
}

TEST_CASE("what stands beside an image") {
  const std::string image = built();
  DiagnosticList problems;
  PolicyBuilder with_rules;
  with_rules.add_image("policy.psdlc", image);
  with_rules.add_source("more.psdl", "package more\n\nx := 1\n", {});
  CHECK(!with_rules.build(problems));
  CHECK(problems[0].code == "image_sources");

  PolicyBuilder with_data;
  with_data.add_image("policy.psdlc", image);
  with_data.add_data("data.json", R"({"other": {"x": 7}})");
  DiagnosticList fine;
  const Policy policy = with_data.build(fine);
  REQUIRE(policy);
  Evaluator evaluator(policy);
  CHECK(evaluator.query(prepare_query(policy, "data.other.x", fine)).result_json.find("\"value\":7") != std::string::npos);

  PolicyBuilder shadowing;
  shadowing.add_image("policy.psdlc", image);
  shadowing.add_data("data.json", R"({"example": {"limits": 7}})");
  DiagnosticList refused;
  CHECK(!shadowing.build(refused));
  CHECK(refused[0].message == "conflicting rule for data path example/limits found");
  CHECK(refused[0].file == "rule.psdl");
}
