// Why a rule holds for a document, and why it does not: docs/debugging.md. In: a policy and a document; out: for each
// rule that was asked for its proofs, or the nearest misses. For our tools and others', without a promise.
//
//   psdl::tools::Why why(policy);
//   if (!why.ask("data.pods.deny")) ..  // there is no such rule
//   why.explain(bytes, psdl::DocumentFormat::Auto, "pod.yaml",
//               [](const psdl::tools::WhyAnswer& answer) { .. return true; });
//
// Nothing of this is looked at by evaluations that do not ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/loaded_input.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

struct WhyPlace {
  std::string file;          // empty: no place
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string pointer;       // in a document: "/spec/containers/0"
};

// One try of a body: one way through its loops.
struct WhyTry {
  std::string vars;          // `c = containers[0] "app"`; empty where the statement has none
  std::string outcome;       // holds, false, undefined, error, empty
  std::string reason;        // `no "priviledged"; did you mean ..?`
  std::string missing;       // the key that was looked for ..
  std::string near;          // .. the one that was perhaps meant ..
  std::vector<std::string> there;  // .. and those that are there, some of them
  std::string value_json;    // what the expression came to, or was given; may be empty
  std::string gives_json;    // of a body that holds: its value
  WhyPlace place;            // in the document
};

// The tries that ended at one expression.
struct WhyGroup {
  WhyPlace place;            // in the rules
  std::string expression;    // its first line
  // `is_safe(c)` at rule.psdl:5: what called the rule that the expression stands in, outermost first.
  std::string via;
  // Where `via` is not empty: "data.pods.deny is empty", what the first of the rules called came to.
  std::string gave;
  bool holds = false;
  std::size_t count = 0;     // of tries; some of them are in `tries`
  std::vector<WhyTry> tries;
  std::vector<std::string> with;  // of a body that holds: its other expressions, as `rule.psdl:4  some c in ..`
};

struct WhyAnswer {
  std::string document;
  std::string rule;          // "data.pods.deny", or the query
  std::string state;         // "is empty", "has 2 elements", "is undefined", "is false, its default", "is 7"
  bool is_nothing = false;   // undefined, false or empty
  std::size_t rules = 0;     // bodies that were tried
  std::size_t iterations = 0;  // ways through their loops; 0 where they have none
  std::size_t results = 0;
  std::size_t earlier = 0;   // iterations that ended earlier than those shown
  std::vector<WhyGroup> groups;  // proofs first, then misses, the likeliest fault first
  std::size_t more = 0;      // groups that are left out
  DiagnosticList errors;     // not empty: nothing is known
};

struct WhyOptions {
  std::size_t most_tries = 6;    // shown of one expression
  std::size_t most_groups = 6;   // expressions shown
  std::size_t most_bytes = 60;   // of a value
};

class Why {
 public:
  explicit Why(const Policy& policy, EvaluateOptions evaluate = {}, WhyOptions options = {});
  ~Why();
  Why(const Why&) = delete;
  Why& operator=(const Why&) = delete;

  // A rule, or all rules of a package; false where there is none of that name (or the policy is a program image: it has
  // lost its source).
  [[nodiscard]] bool ask(std::string_view path);
  // The entry points that have such an id, or all; false where there is none.
  [[nodiscard]] bool ask_entry_points(const std::function<bool(std::string_view id)>& is_wanted = {});
  // A query, made of the same policy, and nothing else. Where it is the name of a rule or package, the rules are asked
  // for. False for a program image.
  [[nodiscard]] bool ask(const Query& query);

  // One answer for each document that is evaluated and each rule that was asked for. Rules see documents as
  // Evaluator::evaluate() shows them. `each_verdict` gets all verdicts, before the answers; may be empty.
  std::size_t explain(const InputStream& input, DocumentFormat format, std::string_view name,
                      const std::function<bool(const WhyAnswer&)>& each,
                      const std::function<bool(const Verdict&)>& each_verdict = {});
  std::size_t explain(std::string_view bytes, DocumentFormat format, std::string_view name,
                      const std::function<bool(const WhyAnswer&)>& each);
  // What explain() without a document is about; it must be of the same policy.
  void set_input(LoadedInput input);
  [[nodiscard]] std::vector<WhyAnswer> explain();
  // Ends it, or the next one, from a signal handler or another thread: its answers have errors.
  void cancel();
  // Forgets what was asked for; the document stays.
  void forget();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// As docs/debugging.md shows it, with a newline at the end.
[[nodiscard]] std::string render_why(const WhyAnswer& answer, const TextStyle& style);
// {"schema": "psdl/why/v1", "answers": [..]}.
[[nodiscard]] std::string render_why_json(const std::vector<WhyAnswer>& answers);

}  // namespace psdl::tools
