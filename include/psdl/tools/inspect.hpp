// The seams of the engine as text, for our tools and others', without a promise. In: sources, policies; out: trees,
// plans, disassembly.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "psdl/psdl.hpp"

namespace psdl::tools {

// OPA's JSON of a module: without locations and comments, with annotations. Empty where there are errors.
[[nodiscard]] std::string parse_module_json(std::string_view name, std::string_view text, Dialect dialect,
                                            bool v0_compatible, DiagnosticList& problems);
// The list of expressions of a query, read under imports such as "future.keywords.and".
[[nodiscard]] std::string parse_query_json(std::string_view text, std::span<const std::string> imports,
                                           bool v0_compatible, DiagnosticList& problems);

// What `psdl plan` shows: rules as they were written, of a bound policy with what is known put in.
[[nodiscard]] std::string plan_text(const Policy& policy);
// Every function, or the ones whose path is, or begins with, `rule`.
[[nodiscard]] std::string disassembly(const Policy& policy, std::string_view rule = {});

// `psdl pipe`: a request line in, its answer line (without newline) out. Keeps nothing between lines; see docs/pipe.md.
class Pipe {
 public:
  // `binds_data`: data of requests is bound to the policy rather than read at evaluation; the answers are the same.
  // through_image: every program is written as an image, loaded and written again before it runs, so that a suite of
  // cases tests images too.
  explicit Pipe(EngineOptions options = {}, bool binds_data = false, bool through_image = false);
  ~Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] std::string answer(std::string_view request);

  // A verb of a layer above: it gets the whole request, and gives the members of the answer behind `id`
  // ("\"results\":[..]"), or an error.
  struct VerbAnswer {
    std::string members;
    std::string bad_request;  // what is wrong with the request; empty where nothing is
  };
  using Verb = std::function<VerbAnswer(std::string_view request)>;
  void add_verb(std::string name, Verb verb);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl::tools
