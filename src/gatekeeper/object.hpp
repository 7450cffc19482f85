// Objects as Gatekeeper's programs read them. In: YAML or JSON texts; out: values that keep their text and the place of
// every node in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/document.hpp"
#include "gatekeeper/refusal.hpp"

namespace psdl::gatekeeper {

// Which of the two readers of gator a text is read by, or ours (Kubernetes' rules, duplicate keys are errors).
enum class Reading : std::uint8_t { Verify, Test, Native };

// Group and version of an apiVersion as Kubernetes takes it apart: both empty where it holds more than one slash.
struct GroupVersion {
  std::string_view group;
  std::string_view version;
};
[[nodiscard]] GroupVersion split_api_version(std::string_view api_version);
// The kind that Kubernetes takes the object for: none where its apiVersion cannot be taken apart.
[[nodiscard]] std::string_view known_kind(const Value& root);

// An immutable object with its text. Cheap to share; texts that the views below show live as long as it.
class Object {
 public:
  Object(Document document, std::string file, Reading reading);

  [[nodiscard]] const Value& root() const { return document_.root(); }
  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] const std::string& file() const { return file_; }  // as given
  [[nodiscard]] Reading reading() const { return reading_; }

  // Empty where the object does not have them or they are no texts.
  [[nodiscard]] std::string_view api_version() const;
  [[nodiscard]] std::string_view group() const;    // of "apps/v1" `apps`; of "v1" nothing
  [[nodiscard]] std::string_view version() const;  // `v1`
  [[nodiscard]] std::string_view kind() const;
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string_view namespace_name() const;
  // The part of a list that the object was, as `FILE#1.items[2]`; the file alone where it stands alone in it.
  [[nodiscard]] std::string shown_name(bool several) const { return document_.name(several); }

 private:
  Document document_;
  std::string file_;
  Reading reading_;
};
using ObjectPtr = std::shared_ptr<const Object>;

// Under Verify every object needs a kind; a suite's own file does not (it is passed over then).
enum class KindCheck : std::uint8_t { Required, Optional };

// The first document of a file alone (templates, constraints, suites: SPEC 2). `text` need not outlive the call.
// Refusals begin with gator's own words for the text, behind "parsing ConstraintTemplate YAML from "p": " and its like:
// `json: unsupported type: ..`, `yaml: line 3: ..`, `Object 'Kind' is missing in '{..}'`.
[[nodiscard]] Result<ObjectPtr, Refusal> read_first(std::string_view text, std::string_view file, Reading reading,
                                                    KindCheck kind = KindCheck::Required);
// Every document, as the reader splits them (SPEC 2: differently for Verify and Test). Under Native a List gives its
// items. Refusals begin with `invalid yaml: ` (Verify), `reading yaml source: ` (Test); callers put the file in front.
[[nodiscard]] Result<std::vector<ObjectPtr>, Refusal> read_all(std::string_view text, std::string_view file,
                                                               Reading reading);

// The objects in a `kind: List`, which keeps living with them; empty for every other object. gator takes a List for one
// object; PSDL gives its items even where it does as gator does, and says so.
[[nodiscard]] std::vector<ObjectPtr> items_of_list(const ObjectPtr& object);

// `gator verify` reads object files without the lines that are blank or a comment, those inside texts too; PSDL keeps
// them. A warning at the text that differs; nothing where it makes no difference.
[[nodiscard]] std::optional<Problem> warn_of_dropped_lines(const Object& object);

// The value at `path` below `root`; null where it is not there.
[[nodiscard]] const Value* find_path(const Value& root, std::initializer_list<std::string_view> path);
// The text there; empty where there is none.
[[nodiscard]] std::string_view text_at(const Value& root, std::initializer_list<std::string_view> path);

}  // namespace psdl::gatekeeper
