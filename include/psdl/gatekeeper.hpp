// Gatekeeper's templates and constraints for C++ hosts. In: texts of ConstraintTemplates, constraints and other
// objects; out: for each review what they find, message for message as Gatekeeper, and where it stands.
//
//   psdl::Gatekeeper gatekeeper;
//   psdl::DiagnosticList problems;
//   gatekeeper.add_templates(template_text, "template.yaml", problems);
//   gatekeeper.add_constraints(constraint_text, "constraint.yaml", problems);
//   psdl::GatekeeperReview review = gatekeeper.review(admission_review_json, "review.json");
//   if (!review.is_allowed()) ..
//
// As psdl.hpp: nothing throws, reads files or starts threads; a Gatekeeper belongs to one thread at a time. No stable
// ABI.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"

namespace psdl {

struct GatekeeperOptions {
  // The enforcement point: constraints that are scoped to others are not asked.
  std::string point = "validation.gatekeeper.sh";
  bool locates = true;     // findings have places: what is found is evaluated once more to learn where
  bool shares = true;      // constraints with parameters of one shape share a program: pays from some ten reviews on
  std::optional<std::int64_t> now_ns = {};  // time.now_ns; the clock where not given
  EngineOptions engine = {};                // limits, and whether programs are optimised
};

struct GatekeeperResult {
  std::string message;
  // Of metadata.details, compact; empty where there is no metadata: the constraint could not be matched.
  std::string details_json;
  std::string kind;          // of the constraint
  std::string constraint;    // its name
  std::string action;        // "deny", "warn", "dryrun", "scoped", or what the constraint says
  std::vector<std::string> scoped_actions;  // of "scoped", at the point
  bool is_error = false;     // the template failed; `message` says how
  Finding finding;           // rule: "KIND/NAME"; source_file and source_line: in the template's YAML
  std::vector<Finding> more; // other places that made the same result
};

// In order of the constraints' kind and name, then of message and details.
struct GatekeeperReview {
  std::vector<GatekeeperResult> results;
  std::shared_ptr<const DiagnosticList> errors;  // not null: nothing is known of the object; there are no results

  // Nothing that denies was found, and everything was evaluated.
  [[nodiscard]] bool is_allowed() const;
};

// A result in the engine's own memory, for hosts that only count or copy some: it lives until the next review.
struct GatekeeperResultView {
  std::string_view message;
  std::string_view kind;
  std::string_view constraint;
  std::string_view action;
};

class Gatekeeper {
 public:
  explicit Gatekeeper(GatekeeperOptions options = {});
  ~Gatekeeper();
  Gatekeeper(const Gatekeeper&) = delete;
  Gatekeeper& operator=(const Gatekeeper&) = delete;

  // Every document of the text, YAML or JSON. The same again is no change, another one of the same name replaces it.
  // False, with errors, where one is not taken: those before it stay. Messages are for people; each has the place in
  // the text, and inside the Rego of a template that in the YAML around it.
  bool add_templates(std::string_view text, std::string_view name, DiagnosticList& problems);
  bool add_constraints(std::string_view text, std::string_view name, DiagnosticList& problems);
  // Objects that rules read under data.inventory, Namespaces among them.
  bool add_data(std::string_view text, std::string_view name, DiagnosticList& problems);

  // One object, or an AdmissionReview whose request is reviewed; JSON where the name ends in `.json`, else YAML.
  [[nodiscard]] GatekeeperReview review(std::string_view text, std::string_view name);
  // JSON alone, nothing located. Calls `each` with every result; false to stop. Empty: the review was evaluated; else
  // why not. Allocates nothing once warm.
  [[nodiscard]] std::string review_json(std::string_view json,
                                        const std::function<bool(const GatekeeperResultView&)>& each);

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl
