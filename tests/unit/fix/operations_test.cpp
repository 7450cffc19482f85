// Operations on texts. In: operations.yaml, each case a text before, an operation and the text after; out: the bytes
// agree, or it is refused for the reason given.
#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "codec/reader.hpp"
#include "fix/fixes.hpp"
#include "value/builders.hpp"

using namespace psdl;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

const Value* member(const Value& object, std::string_view name) {
  return object.as_object().find_text(name);
}

std::string text_of(const Value& object, std::string_view name) {
  const Value* found = member(object, name);
  return found == nullptr ? std::string() : std::string(found->as_string());
}

bool is_set(const Value& object, std::string_view name) {
  const Value* found = member(object, name);
  return found != nullptr && found->is_true();
}

// `crlf`: all lines end so. `no_newline`: the text ends without a line end.
std::string in_form(const Value& test, std::string text) {
  if (is_set(test, "no_newline") && text.ends_with('\n')) text.pop_back();
  if (!is_set(test, "crlf")) return text;
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

fix::Operation operation_of(const Value& test) {
  const struct {
    std::string_view name;
    fix::Operation::Kind kind;
  } kinds[] = {{"set", fix::Operation::Kind::Set},
               {"merge", fix::Operation::Kind::Merge},
               {"remove", fix::Operation::Kind::Remove}};
  for (const auto& one : kinds) {
    const Value* path = member(test, one.name);
    const Value* value = member(test, "value");
    if (path != nullptr) return {one.kind, std::string(path->as_string()), value == nullptr ? Value() : *value};
  }
  FAIL("a case without an operation");
  return {};
}

}  // namespace

TEST_CASE("operations on texts") {
  const std::string path = std::string(PSDL_SOURCE_DIR) + "/tests/unit/fix/operations.yaml";
  const std::string cases_text = read_file(path);
  Reader reader;
  Arena arena;
  const Result<Document, ReadError> cases = reader.read(arena, cases_text, Format::Yaml, {});
  if (!cases) FAIL(cases.error().one_line());
  std::size_t count = 0;
  for (const Value& test : cases->root().as_object().find_text("cases")->as_array()) {
    ++count;
    const std::string before = in_form(test, text_of(test, "before"));
    const Format format = is_set(test, "json") ? Format::Json : Format::Yaml;
    INFO(text_of(test, "note"));
    Arena own;
    const Result<Document, ReadError> document = Reader().read(own, before, format, {});
    if (!document) FAIL(document.error().one_line());
    const fix::Wanted wanted[] = {{{operation_of(test)}}};
    const std::vector<fix::Made> made = fix::make_fixes(*document, wanted);
    if (const Value* refused = member(test, "refused"); refused != nullptr) {
      CHECK(made[0].refusal == refused->as_string());
      CHECK(made[0].edits.empty());
      continue;
    }
    CHECK(made[0].refusal == "");
    std::vector<fix::Edit> edits;
    for (const TextEdit& edit : made[0].edits)
      edits.push_back({static_cast<std::size_t>(edit.begin), static_cast<std::size_t>(edit.end), edit.text});
    CHECK(fix::apply_edits(before, edits) == in_form(test, text_of(test, "after")));
  }
  CHECK(count > 60);
}

TEST_CASE("fixes that meet are each proven alone") {
  const std::string before = "spec:\n  containers:\n    - name: a\n    - name: b\n";
  Arena arena;
  const Result<Document, ReadError> document = Reader().read(arena, before, Format::Yaml, {});
  REQUIRE(document);
  std::vector<fix::Wanted> wanted;
  for (const char* path :
       {"/spec/containers/0/x/p", "/spec/containers/0/x/q", "/spec/containers/1/x/p", "/spec/containers/7/x"}) {
    wanted.push_back({{{fix::Operation::Kind::Set, path, Value::boolean(false)}}});
  }
  const std::vector<fix::Made> made = fix::make_fixes(*document, wanted);
  CHECK(made[0].edits.at(0).text == "\n      x:\n        p: false");
  CHECK(made[1].edits.at(0).text == "\n      x:\n        q: false");
  CHECK(made[0].edits.at(0).begin == made[1].edits.at(0).begin);
  CHECK(made[2].edits.at(0).begin == before.size() - 1);
  CHECK(made[3].edits.empty());
  CHECK(made[3].refusal == "something else than a map with `7` stands in line 2");
}

namespace {

constexpr std::size_t kContainers = 300;

// Containers of `form`, in which `0` is the number.
std::string pod_of(std::string_view before, std::string_view form, std::string_view between, std::string_view after) {
  std::string text(before);
  for (std::size_t i = 0; i < kContainers; ++i) {
    if (i > 0) text += between;
    for (const char c : form) text += c == '0' ? std::to_string(i) : std::string(1, c);
  }
  return text.append(after);
}

Value not_privileged(Arena& arena) {
  ObjectBuilder object(arena);
  object.add(Value::string(arena, "privileged"), Value::boolean(false));
  return object.finish();
}

}  // namespace

TEST_CASE("what many findings want of one place is one change, each of which is told") {
  const std::string before = pod_of("spec:\n  containers:\n", "  - name: c0\n", "", "");
  Arena arena;
  const Result<Document, ReadError> document = Reader().read(arena, before, Format::Yaml, {});
  REQUIRE(document);
  std::vector<fix::Wanted> wanted;
  for (std::size_t i = 0; i < kContainers; ++i) {
    const std::string container = "/spec/containers/" + std::to_string(i);
    wanted.push_back({{{fix::Operation::Kind::Set, "/spec/securityContext/runAsNonRoot", Value::boolean(true)}}});
    wanted.push_back({{{fix::Operation::Kind::Merge, container + "/securityContext", not_privileged(arena)}}});
  }
  const std::vector<fix::Made> made = fix::make_fixes(*document, wanted);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < kContainers; ++i) {
    const fix::Made& of_pod = made[2 * i];
    const fix::Made& own = made[2 * i + 1];
    wrong += of_pod.edits.size() != 1 || of_pod.edits[0].text != made[0].edits[0].text || !of_pod.refusal.empty();
    wrong += own.edits.size() != 1 || own.edits[0].line != i + 3 || own.edits[0].text != "\n    securityContext: {privileged: false}";
  }
  CHECK(wrong == 0);
}

TEST_CASE("what an edit shows of a long line is what stands near to it") {
  const std::string before = pod_of(R"({"spec":{"containers":[)", R"({"name":"\u20ac0","privileged":true})", ",", "]}}");
  Arena arena;
  const Result<Document, ReadError> document = Reader().read(arena, before, Format::Json, {});
  REQUIRE(document);
  std::vector<fix::Wanted> wanted;
  for (const char* index : {"0", "150", "299"}) {
    wanted.push_back({{{fix::Operation::Kind::Set, std::string("/spec/containers/") + index + "/privileged", Value::boolean(false)}}});
  }
  const std::vector<fix::Made> made = fix::make_fixes(*document, wanted);
  for (const fix::Made& one : made) {
    const TextEdit& edit = one.edits.at(0);
    CHECK(edit.old_lines.size() < 400);
    CHECK(before.substr(edit.begin - (edit.column - edit.old_column), edit.old_lines.size()) == edit.old_lines);
  }
  CHECK(made[0].edits[0].old_column == 1);
  CHECK(made[0].edits[0].is_cut);
  CHECK(made[1].edits[0].old_column > 1);
  CHECK(made[1].edits[0].is_cut);
  CHECK(made[2].edits[0].old_column > 1);
  CHECK_FALSE(made[2].edits[0].is_cut);
}

TEST_CASE("fixes that each need a reading of a large text are told to wait, not left out") {
  const std::string filler(2U * 1024 * 1024, 'a');
  const std::string before = pod_of(R"({"filler":")" + filler + R"(","list":[)", "0", ",", "]}");
  Arena arena;
  const Result<Document, ReadError> document = Reader().read(arena, before, Format::Json, {});
  REQUIRE(document);
  std::vector<fix::Wanted> wanted;
  for (std::size_t i = 0; i < 20; ++i)
    wanted.push_back({{{fix::Operation::Kind::Remove, "/list/" + std::to_string(i), Value()}}});
  const std::vector<fix::Made> made = fix::make_fixes(*document, wanted);
  const auto is_made = [](const fix::Made& one) { return one.edits.size() == 1 && one.refusal.empty(); };
  const auto waits = [](const fix::Made& one) { return one.edits.empty() && one.refusal.find("mend others first") != std::string::npos; };
  CHECK(std::count_if(made.begin(), made.end(), is_made) == 16);
  CHECK(std::count_if(made.begin(), made.end(), waits) == 4);
}
