// psdl/json.hpp: what nlohmann::json holds goes in and comes out unchanged, and what it cannot hold is refused with its
// path.
#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "psdl/json.hpp"

namespace psdl {
namespace {

using nlohmann::json;

// The message of what is refused; empty where it is written.
std::string refusal(const json& value) {
  DiagnosticList problems;
  if (to_json_text(value, problems, "doc.json")) return problems.empty() ? "" : "written, with problems";
  return problems.size() == 1 && problems[0].code == "bad_json_value" && problems[0].file == "doc.json"
             ? std::string(problems[0].message)
             : "another problem";
}

std::string refused_number(std::string_view text) {
  json out = "before";
  DiagnosticList problems;
  if (from_json_text(text, out, problems)) return "";
  return out.is_null() && problems.size() == 1 ? std::string(problems[0].message) : "another problem";
}

TEST_CASE("texts that nlohmann::json can hold come back as they were") {
  for (const std::string text : {"null", "true", "[]", "{}", "-9223372036854775808", "18446744073709551615", "0.1",
                                 "1.0", "-0.0", "1e-07", "5e-324", "1.7976931348623157e+308",
                                 R"({"\u0001\"\\":"é😀\u0000","a":[1,2.5,{"b":"x"}]})", R"(["",{"":null}])"}) {
    INFO(text);
    json value;
    DiagnosticList problems;
    REQUIRE(from_json_text(text, value, problems));
    CHECK(value == json::parse(text));
    const std::optional<std::string> back = to_json_text(value, problems);
    REQUIRE(back);
    CHECK(*back == text);
    CHECK(problems.empty());
  }
}

TEST_CASE("a number is refused that a double would round, one that it holds is not") {
  for (const std::string_view text :
       {"1.30", "100000000000000000000", "18446744073709551616", "1E2", "0.10000", "0e99999"}) {
    INFO(text);
    CHECK(refused_number(text) == "");
  }
  CHECK(refused_number(R"({"a":[0,18446744073709551617]})") ==
        "the value at `/a/1` is the number 18446744073709551617, which a double cannot hold");
  CHECK(refused_number(R"([{"x/y~":0.12345678901234567890}])") ==
        "the value at `/0/x~1y~0` is the number 0.12345678901234567890, which a double cannot hold");
  // It is a double, and would be written as another number.
  CHECK(refused_number("18446744073709551616000") != "");
  CHECK(refused_number("1e400") == "the value at `` is the number 1e400, which a double cannot hold");
  CHECK(refused_number(R"({"a":[-1e400]})") == "the value at `/a/0` is the number -1e400, which a double cannot hold");
  CHECK(refused_number("1e-400") == "the value at `` is the number 1e-400, which a double cannot hold");
  CHECK(refused_number("[1,]") == "the text is no JSON at byte 4");
}

TEST_CASE("what JSON does not have is refused with its path") {
  const double kInfinity = std::numeric_limits<double>::infinity();
  CHECK(refusal({{"a", {1, std::nan("")}}}) == "the value at `/a/1` is no number");
  CHECK(refusal({{"a", kInfinity}}) == "the value at `/a` is infinite");
  CHECK(refusal(json::binary({1, 2})) == "the value at `` is bytes, which JSON does not have");
  CHECK(refusal(json::parse("{", nullptr, false)) == "the value at `` is discarded");
  CHECK(refusal({{"b", "\xff"}}) == "the value at `/b` is a text that is no UTF-8");
  CHECK(refusal({{"b", {{"\xed\xa0\x80", 1}}}}) == "the value at `/b` has a key that is no UTF-8");
  json deep = 1;
  for (int i = 0; i < 1000; ++i) deep = json::array({deep});
  CHECK(refusal(deep).empty());
  deep = json::array({deep});
  CHECK(refusal(deep).find("stands too deep") != std::string::npos);
}

TEST_CASE("objects keep the order that ordered_json has") {
  nlohmann::ordered_json value;
  DiagnosticList problems;
  REQUIRE(from_json_text(R"({"b":1,"a":{"d":2,"c":3}})", value, problems));
  CHECK(to_json_text(value, problems) == R"({"b":1,"a":{"d":2,"c":3}})");
}

TEST_CASE("a document and an answer, by way of nlohmann::json") {
  PolicyBuilder builder;
  builder.add_source("a.rego",
                     "package a\nimport rego.v2\ndeny contains msg if {\n  msg := sprintf(\"%d\", [input.n])\n}\n",
                     "a.rego");
  DiagnosticList problems;
  const Policy policy = builder.build(problems);
  REQUIRE(policy);
  Evaluator evaluator(policy);
  const std::optional<std::string> text = to_json_text(json{{"n", 9007199254740993}}, problems, "n.json");
  REQUIRE(text);
  std::vector<std::string> messages;
  evaluator.evaluate(*text, DocumentFormat::Json, "n.json", [&](const Verdict& verdict) {
    for (const Finding& finding : verdict.findings) messages.push_back(finding.message);
    return true;
  });
  CHECK(messages == std::vector<std::string>{"9007199254740993"});
  json rows;
  REQUIRE(
      from_json_text(evaluator.query(prepare_query(policy, "x := [1.5, 7]", problems)).result_json, rows, problems));
  CHECK(rows[0]["bindings"]["x"] == json{1.5, 7});
}

}  // namespace
}  // namespace psdl
