// What an evaluation found. Plain data that owns its texts: made by the engine, read by reports and hosts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace psdl {

class DiagnosticList;

enum class FindingSeverity : std::uint8_t { Error, Warning, Note };

// How close a location is to what is wrong. Exact: the node itself. Parent: something is missing, this is its deepest
// existing ancestor. Container, Object: no field is known. File: not even that.
enum class Precision : std::uint8_t { Exact, Parent, Container, Object, File };

// A range of a document's text, counted from the start of its file. Lines and columns from 1, columns in code points;
// offsets in bytes; half open.
struct Location {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint64_t offset = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  std::uint64_t end_offset = 0;
  Precision precision = Precision::File;
  // The first line without its end, for showing; of a very long one the part around the start ..
  std::string line_text;
  std::uint32_t line_text_from = 1;  // .. which begins at this column
};

// Another place that belongs to a finding, with a few words on it.
struct RelatedPlace {
  Location location;
  std::string path;   // JSON pointer
  std::string label;  // "this container"; may be empty
};

// The Kubernetes object that a document is. Texts are empty where the document does not have them.
struct ObjectIdentity {
  std::string api_version;
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::uint32_t document = 0;  // its number in the file, from 0, empty documents not counted
  bool is_unknown_kind = false;  // no kind of Kubernetes that is known, and a pod spec all the same
  // The file that a renderer says it made the document from: helm's `# Source:`, kustomize's origin. Else empty.
  std::string source;
};

// What the metadata of a rule says of it, for pages and reports. Texts are empty where it says nothing.
struct RuleInfo {
  std::string id;                  // "PSS103"
  std::string name;                // "PrivilegedContainers"
  std::string title;
  std::string description;
  std::string remediation;
  std::string check;               // Kubernetes' own name of the check: "privileged"
  std::string level;               // "baseline" or "restricted"; empty where the rule is part of no level
  std::string since;               // "v1.0": the version of the standards that first has it
  std::vector<std::string> revisions;  // ["v1.25"]: later versions from which it asks for something else
  std::vector<std::string> overrides;  // checks that do not run where this one does
  FindingSeverity severity = FindingSeverity::Error;
  std::string security_severity;   // "8.8", as code scanning reads it
  std::string package;             // "data.pss.privileged"
  std::string file;
  std::uint32_t line = 0;
};

// A change of a document's text: bytes [begin, end) of its file become `text`.
struct TextEdit {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string text;
  // The same range for showing, as in Location; `line` is 0 where it is not known.
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t end_line = 0;
  std::uint32_t end_column = 0;
  // The lines from `line` to `end_line`, without the end of the last; of long ones what stands near to the edit.
  std::string old_lines;
  std::uint32_t old_column = 1;  // at which they begin in the first line
  bool is_cut = false;           // the last line goes on
  // Of one that takes an entry out of a list or map: where in the file that begins, and how many entries it has. Edits
  // that are each right alone would together leave a key without a value where nothing is left of a block.
  std::uint64_t taken_from = 0;
  std::uint32_t entries = 0;  // 0: it takes none out
};

// Edits that make a finding go away. They do not overlap, ascend, and leave every other byte as it was.
struct Fix {
  std::string description;  // "set privileged to false"
  std::vector<TextEdit> edits;
};

// Why a finding does not count.
struct Suppression {
  enum class Kind : std::uint8_t { Exception, InlineMark, Annotation, Baseline };
  Kind kind = Kind::Exception;
  std::string reason;
  std::string owner;    // of an exception; may be empty
  std::string expires;  // "2027-03-31"; empty where it does not
  std::string file;     // where it is written
  std::uint32_t line = 0;
};

// A wish, written in the document itself, that findings not count. Whether it is granted is not for the engine to say.
struct IgnoreMark {
  Suppression::Kind kind = Suppression::Kind::InlineMark;  // or Annotation
  std::string text;          // "PSS205 -- reason", what stands behind `psdl:ignore`; of an annotation "PSS205: reason"
  std::string file;
  std::uint32_t line = 0;    // where it is written
  std::uint32_t column = 0;
  std::uint32_t covers = 0;  // findings of this line; of an annotation 0: all of the object
};

struct Finding {
  // The element's `id`, else the rule's (metadata `custom: {id: ..}`), else "package.name".
  std::string rule;
  std::string entry_point;       // "data.example.deny"
  std::string title;             // metadata; may be empty
  FindingSeverity severity = FindingSeverity::Error;
  std::string message;           // as the rule made it: escape it for the medium it is shown in
  ObjectIdentity object;
  std::string container;         // name of the container it stands in; may be empty
  std::string path;              // JSON pointer of the node that `location` shows; empty at the document's root
  std::string missing;           // the name that is not there below `path`; empty where nothing is missing
  std::string value_json;        // the node's value, for scalars and small collections; may be empty
  std::string details_json;      // the element's `details`; may be empty
  Location location;
  std::vector<RelatedPlace> related;  // nearest first
  std::string source_file;       // the rule
  std::uint32_t source_line = 0;
  std::string fingerprint;       // 16 hex digits, the same for the same mistake wherever it moves in its file
  // Of a pod standard, where EvaluateOptions::psa asks for it: the check's text as the API server prints it,
  // "privileged (container ..)", which speaks of the whole pod; else empty.
  std::string psa;
  std::optional<Fix> fix;        // where one is safe, and EvaluateOptions::fixes asks for it
  std::string no_fix;            // why there is none though the rule knows one: "an alias stands in line 12"
  std::optional<Suppression> suppressed;
};

enum class Status : std::uint8_t {
  Allow,  // evaluated to the end, nothing of severity error found
  Deny,   // evaluated to the end, findings of severity error
  Error,  // not read or not evaluated to the end: never to be taken for Allow
  // Not a manifest (only where EvaluateOptions::skip_non_manifests asks for it): not evaluated, to be counted and
  // shown.
  Skipped,
};

// Whether a document holds a pod spec, which the pod standards need to know: they pass over a document only on proof
// that it holds none.
enum class PodProof : std::uint8_t {
  Present,      // a kind that carries one
  UnknownKind,  // a kind that is not known, and a pod spec where such kinds have it
  Absent,       // proven: there is none
  Unproven,     // no kind, a kind spelt nearly like one that carries pods, or containers where no standard looks
};

// About one document.
struct Verdict {
  std::string document;  // "pod.yaml", "all.yaml#2", "all.yaml#2.items[0]"
  Status status = Status::Error;
  ObjectIdentity object;
  PodProof pod_proof = PodProof::Unproven;
  std::vector<Finding> findings;  // in order of line, column, rule; kept when status is Error only if they are sure
  std::shared_ptr<const DiagnosticList> errors;  // not null where status is Error
  // Of a document that was evaluated: fields that Kubernetes does not know; null where there are none.
  std::shared_ptr<const DiagnosticList> warnings;
  std::string printed;            // lines of print(), each with its newline
  // Only where EvaluateOptions::read_labels and ::read_marks ask for them.
  std::vector<std::pair<std::string, std::string>> labels;
  std::vector<IgnoreMark> marks;
};

}  // namespace psdl
