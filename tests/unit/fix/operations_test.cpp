// Operations on texts. In: operations.yaml, each case a text before, an operation and the text after; out: the bytes
// agree, or it is refused for the reason given.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

#include "codec/reader.hpp"
#include "fix/fixes.hpp"

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
