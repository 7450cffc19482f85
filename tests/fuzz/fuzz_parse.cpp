// A policy's text to a tree. In: any bytes; out: nothing, or a crash. A tree that was printed is parsed again.
#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/text.hpp"
#include "target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace psdl;
  const Limits limits = fuzz::small_limits();
  const Source source("fuzz.rego", std::string(reinterpret_cast<const char*>(bytes), size));
  for (const bool implies_v2 : {false, true}) {
    ParseOptions options;
    options.implies_v2 = implies_v2;
    Diagnostics diagnostics;
    const std::unique_ptr<ast::Module> module = parse_module(source, 0, options, limits, diagnostics);
    fuzz::require(module != nullptr || diagnostics.has_errors());
    for (const Diagnostic& diagnostic : diagnostics.all()) {
      if (diagnostic.span.begin == text::kNowhere) continue;  // "empty module"
      fuzz::require(diagnostic.span.begin <= size && diagnostic.span.end <= size);
    }
    if (module == nullptr) continue;
    // Printing may write more than may be read (escapes, prefix calls), so that only what fits is parsed again.
    const Source printed("printed.rego", ast::to_string(*module));
    static_cast<void>(parse_module(printed, 0, options, limits, diagnostics));
  }
  return 0;
}
