// Rules written for people: what is read back is the same, and a few looked at line by line.
#include "syntax/write.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "syntax/parse.hpp"
#include "syntax/print.hpp"

namespace psdl {
namespace {

std::unique_ptr<ast::Module> parsed(const Source& source) {
  Diagnostics diagnostics;
  ParseOptions how;
  how.implies_v2 = true;
  std::unique_ptr<ast::Module> module = parse_module(source, 0, how, Limits(), diagnostics);
  INFO(source.text());
  INFO((diagnostics.all().empty() ? std::string() : diagnostics.all().front().message));
  REQUIRE(module != nullptr);
  return module;
}

std::string any_sign(std::string text) {
  for (std::size_t at = text.find(" := "); at != std::string::npos; at = text.find(" := ", at))
    text.replace(at, 4, " = ");
  return text;
}

std::string written(const ast::Module& module) {
  std::string text = ast::to_string(*module.package) + "\n";
  for (const ast::Import* import : module.imports) text += ast::to_string(*import) + "\n";
  for (const ast::Rule* rule : module.rules) text += "\n" + ast::write_rule(*rule);
  return text;
}

std::string rewritten(std::string_view rules) {
  const Source source("a.psdl", "package a\n\n" + std::string(rules));
  const std::string text = written(*parsed(source));
  return text.substr(text.find("\n\n") + 2);
}

}  // namespace

TEST_CASE("every rule that is shipped is read back as it was") {
  std::size_t count = 0;
  for (const char* folder : {"/rules", "/stdlib"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator(std::string(PSDL_SOURCE_DIR) + folder)) {
      if (file.path().extension() != ".psdl") continue;
      std::ifstream stream(file.path(), std::ios::binary);
      const Source source(file.path().string(),
                          std::string{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()});
      const std::unique_ptr<ast::Module> module = parsed(source);
      const Source again("written.psdl", written(*module));
      INFO(source.name());
      CHECK(any_sign(ast::to_string(*parsed(again))) == any_sign(ast::to_string(*module)));
      ++count;
    }
  }
  CHECK(count > 30);
}

TEST_CASE("rules as people write them") {
  for (const char* same : {
           "p if x.y\n",
           "p contains {\"msg\": msg} if {\n\tsome c in input.xs\n\tmsg := sprintf(\"%v\", [c])\n}\n",
           "p := (1 + 2) * 3 if 1 + 2 * 3 == 7\n",
           "p := 10 - (4 - 3)\n",
           "p if \"a\" in {\"a\", \"b\"}\n",
           "p := {(1 | 2)}\n",
           "p if f(1, (2 in [3]))\n",
           "p if {\n\tnot f(input.x)\n\tnot {\n\t\tx := 1\n\t\tx == 2\n\t}\n}\n",
           "p if (a or b) and not c\n",
           "p if not (a or b)\n",
           "f(x) := 1 if {\n\tx == 1\n} else := 2 if {\n\tx == 2\n} else := 3\n",
           "f(x) := x.y if {\n\ttrue\n} else := 3\n",
           "p if not a and not (b and c)\n",
           "p[x].y := 1 if some x in input.xs\n",
           "p.q contains 1\n",
           "default p := false\n",
           "p := true\n",
           "p if x with input.a as 1 with data.b as [2]\n",
           "p if regex.match(`^a\\.b$`, input.x)\n",
           "p := $\"{x} \\{ {input.a + 1}\" if x := 1\n",
           "p if {\n\tevery k, v in input.xs {\n\t\tk == v\n\t}\n}\n",
           "p := [x | some x in input.xs; x > 1]\n",
           "p := {x: y | some x, y in input.xs}\n",
       }) {
    CHECK(rewritten(same) == same);
  }
  CHECK(rewritten("p := input[\"a b\"][\"c\"].d[_]") == "p := input[\"a b\"].c.d[_]\n");
}

TEST_CASE("what is too long for a line is broken") {
  const std::string word(50, 'a');
  CHECK(rewritten("p := [\"" + word + "\", \"" + word + "\", \"" + word + "\"]") ==
        "p := [\n\t\"" + word + "\",\n\t\"" + word + "\",\n\t\"" + word + "\",\n]\n");
  CHECK(rewritten("p := [x | x := \"" + word + "\"; x != \"" + word + "\"; y := 1; y == 2]") ==
        "p := [x |\n\tx := \"" + word + "\"\n\tx != \"" + word + "\"\n\ty := 1\n\ty == 2\n]\n");
}

}  // namespace psdl
