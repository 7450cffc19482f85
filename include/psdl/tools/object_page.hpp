// What one rule says of one object, and why: the fields that it reads, and the smallest change after which it has
// nothing to say (docs/debugging.md). For our tools and others', without a promise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/findings.hpp"
#include "psdl/psdl.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

// A field that the rule reads, as the object has it.
struct ObjectFact {
  std::string place;      // `pod`, `container "app"`
  std::string field;      // below it; where a step of it is missing, up to that
  std::string value;      // "unset" where it is missing
  bool is_set = false;
  enum class Mark : std::uint8_t { None, Satisfied, Fails } mark = Mark::None;
  std::string file;       // where it stands, or its deepest ancestor
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string path;       // JSON pointer
};

// Edits of the text after which the rule allows the object: they were made, and judged again.
struct ObjectChange {
  std::string description;  // "set runAsNonRoot to true on the pod"
  std::size_t lines = 0;    // that change or are new
  std::vector<TextEdit> edits;
};

struct ObjectPage {
  bool is_found = false;       // false: no object of that name
  std::vector<std::string> objects;  // "Deployment/shop/web": all that are there, or, where several are meant, those
  Status status = Status::Error;
  bool is_skipped = false;     // it holds no pod, so the standards say nothing of it
  RuleInfo rule;
  ObjectIdentity object;
  std::string document;
  std::vector<ObjectFact> facts;
  std::size_t more_facts = 0;
  std::vector<Finding> findings;
  std::vector<ObjectFact> cautions;   // fields that the rule does not read, to think of though it allows the object ..
  std::vector<std::string> caution_texts;  // .. and why, for each
  std::vector<ObjectChange> changes;  // the smallest first
  DiagnosticList errors;
};

// `object`: Kind/namespace/name, Kind/name, or a document's number. The policy holds the rule `id`; others of it are
// passed over.
[[nodiscard]] ObjectPage explain_object(const Policy& policy, const RuleInfo& rule, std::string_view text,
                                        DocumentFormat format, std::string_view name, std::string_view object);
[[nodiscard]] std::string render_object_page(const ObjectPage& page, const TextStyle& style);
[[nodiscard]] std::string render_object_page_json(const ObjectPage& page);

}  // namespace psdl::tools
