// Causes and profiles from events: that tries are counted and not all kept, whose causes they are, and whose time it is.
#include <catch2/catch.hpp>

#include <algorithm>

#include "codec/reader.hpp"
#include "debug/profile.hpp"
#include "debug/why.hpp"
#include "engine/policy.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

struct Run {
  Policy policy;
  Arena arena;

  void listen(std::string_view rules, std::string_view input, debug::Listener& listener) {
    PolicyBuilder builder;
    builder.add_source("t.rego", rules, "t.rego");
    DiagnosticList problems;
    policy = builder.build(problems);
    REQUIRE(policy);
    const MarkedProgram& marked = policy.impl()->marked_program();
    Machine machine(marked.program, Limits());
    RunRequest request;
    request.function = marked.program->find_function("data.p.r");
    ReadOptions how;
    how.key_table = marked.program->keys;
    Reader reader;
    const Result<Document, ReadError> read = reader.read(input, Format::Json, how);
    REQUIRE(read);
    request.input = read->root();
    static_cast<void>(debug::observe(machine, marked.info, arena, request, listener));
  }
  debug::Why why(std::string_view rules, std::string_view input) {
    debug::WhyListener listener;
    listen(rules, input, listener);
    return listener.take();
  }
  [[nodiscard]] std::string text(std::uint32_t expression) const {
    const MarkedProgram& marked = policy.impl()->marked_program();
    const Span span = marked.info.expressions[expression].span;
    return std::string(marked.program->sources[span.source]->text().substr(span.begin, span.end - span.begin));
  }
};

}  // namespace

TEST_CASE("all tries are counted, some are kept, those that came furthest are told of") {
  Run run;
  const debug::Why why = run.why("package p\nr if { some x in numbers.range(1, 1000); x > 10; x > input.most }", R"({"most": 5000})");
  CHECK(why.tries == 1000);
  CHECK(why.earlier == 10);
  REQUIRE(why.missed.size() == 1);
  CHECK(run.text(why.missed[0].statement) == "x > input.most");
  CHECK(why.missed[0].count == 990);
  CHECK(why.missed[0].tries.size() == debug::WhyListener::kMostTries);
}

TEST_CASE("an empty collection in a var is put down to what made it empty") {
  Run run;
  const debug::Why why = run.why("package p\nr if { bad := [x | some x in input.l; f(x)]; count(bad) > 0 }\nf(x) if x.b == 1", R"({"l": [{"a": 1}]})");
  REQUIRE(why.missed.size() == 1);
  CHECK(run.text(why.missed[0].statement) == "x.b == 1");
  REQUIRE(why.missed[0].via.size() == 1);
  CHECK(run.text(why.missed[0].via[0]) == "f(x)");
}

TEST_CASE("a rule that is remembered still tells why it is empty") {
  Run run;
  const debug::Why why = run.why("package p\nr if { not s[1]; count(s) > 0 }\ns contains x if { some x in input.l; x > 9 }", R"({"l": [1, 2]})");
  REQUIRE(why.missed.size() == 1);
  CHECK(run.text(why.missed[0].statement) == "x > 9");
  CHECK(why.missed[0].count == 2);
}

TEST_CASE("a miss that is told of at the next element has the vars of its own") {
  Run run;
  const debug::Why why = run.why("package p\nr if { some i; input.l[i].a == 1 }", R"({"l": [{"a": 2}, {}, {"a": 3}]})");
  REQUIRE(why.missed.size() == 1);
  REQUIRE(why.missed[0].tries.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::vector<debug::Variable>& vars = why.missed[0].tries[i].vars;
    REQUIRE(vars.size() == 1);
    CHECK(to_short_rego(vars[0].value) == std::to_string(i));
  }
}

TEST_CASE("a default is no rule that was tried, and no result") {
  Run run;
  const debug::Why why = run.why("package p\ndefault r := false\nr if input.a == 1", R"({"a": 2})");
  CHECK(why.bodies == 1);
  CHECK(why.results == 0);
  REQUIRE(why.missed.size() == 1);
}

TEST_CASE("time goes to the expression that control was in, and to what called it") {
  Run run;
  std::int64_t now = 0;
  debug::ProfileListener listener([&now] { return now += 10; });
  listener.start();
  run.listen("package p\nr if { some x in input.l; f(x) }\nf(x) if x > 2", R"({"l": [1, 2, 3]})", listener);
  const auto node = [&](std::string_view text) -> const debug::ProfileNode& {
    const auto found = std::find_if(listener.nodes().begin(), listener.nodes().end(), [&](const debug::ProfileNode& one) { return one.text == text; });
    REQUIRE(found != listener.nodes().end());
    return *found;
  };
  CHECK(node("some x in input.l").evaluations == 1);
  CHECK(node("some x in input.l").redos == 2);
  CHECK(node("f(x)").evaluations == 3);
  CHECK(node("data.p.f").evaluations == 3);
  CHECK(node("x > 2").evaluations == 3);
  CHECK(node("x > 2").self_ns > 0);
  CHECK(listener.nodes()[node("x > 2").parent].text == "data.p.f");
  CHECK(listener.nodes()[node("data.p.f").parent].text == "f(x)");
  std::int64_t all = 0;
  for (const debug::ProfileNode& one : listener.nodes()) all += one.self_ns;
  CHECK(all < now);
}
