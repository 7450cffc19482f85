// What the tests of the compiler share. In: policy text; out: the checked policy and the errors, with the sources they point into.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/limits.hpp"
#include "base/source.hpp"
#include "compiler/compiler.hpp"
#include "syntax/parse.hpp"
#include "syntax/print.hpp"

namespace psdl::test {

struct Compiled {
  std::vector<std::unique_ptr<Source>> sources;
  std::vector<const Source*> borrowed;
  Diagnostics diagnostics;
  std::unique_ptr<CheckedPolicy> policy;

  // "a.rego:3: message", one for each error.
  [[nodiscard]] std::vector<std::string> errors() const {
    std::vector<std::string> found;
    for (const Diagnostic& each : diagnostics.all()) {
      std::string text;
      if (each.span.source < borrowed.size()) {
        const Source& source = *borrowed[each.span.source];
        text = source.name() + ":" + std::to_string(source.line_column(each.span.begin).line) + ": ";
      }
      found.push_back(text + each.message);
    }
    return found;
  }
};

struct Text {
  std::string name;
  std::string text;
};

inline Compiled compile(std::vector<Text> texts, CompilerOptions options = {}) {
  Compiled made;
  std::vector<std::unique_ptr<ast::Module>> modules;
  for (Text& each : texts) {
    made.sources.push_back(std::make_unique<Source>(std::move(each.name), std::move(each.text)));
    made.borrowed.push_back(made.sources.back().get());
    ParseOptions parse;
    parse.implies_v2 = made.borrowed.back()->name().ends_with(".psdl");
    auto module = parse_module(*made.borrowed.back(), static_cast<std::uint32_t>(made.sources.size() - 1), parse, Limits{}, made.diagnostics);
    if (module != nullptr) modules.push_back(std::move(module));
  }
  if (made.diagnostics.has_errors()) return made;
  options.sources = made.borrowed;
  made.policy = Compiler(options).compile(std::move(modules), made.diagnostics);
  return made;
}

inline Compiled compile(std::string text, CompilerOptions options = {}) {
  std::vector<Text> texts;
  texts.push_back({"test.rego", std::move(text)});
  return compile(std::move(texts), options);
}

}  // namespace psdl::test
