// What is emptied is made anew around the texts of the old one, so that no field can be forgotten.
#include "runtime/spare.hpp"

#include <string>
#include <utility>

namespace psdl {
namespace {

// More than this is not kept: a document with thousands of findings, or a message as long as a book, was one of a kind.
constexpr std::size_t kMostFindings = 64;
constexpr std::size_t kMostRelated = 256;
constexpr std::size_t kMostTextBytes = 4096;

void keep(std::string& in, std::string& memory) {
  if (memory.capacity() > kMostTextBytes) return;
  in = std::move(memory);
  in.clear();
}

void keep(Location& in, Location& memory) {
  keep(in.file, memory.file);
  keep(in.line_text, memory.line_text);
}

void keep(ObjectIdentity& in, ObjectIdentity& memory) {
  keep(in.api_version, memory.api_version);
  keep(in.kind, memory.kind);
  keep(in.namespace_name, memory.namespace_name);
  keep(in.name, memory.name);
  keep(in.source, memory.source);
}

RelatedPlace emptied(RelatedPlace& old) {
  RelatedPlace made;
  keep(made.location, old.location);
  keep(made.path, old.path);
  keep(made.label, old.label);
  return made;
}

Finding emptied(Finding& old) {
  Finding made;
  keep(made.rule, old.rule);
  keep(made.entry_point, old.entry_point);
  keep(made.title, old.title);
  keep(made.message, old.message);
  keep(made.object, old.object);
  keep(made.container, old.container);
  keep(made.path, old.path);
  keep(made.missing, old.missing);
  keep(made.value_json, old.value_json);
  keep(made.details_json, old.details_json);
  keep(made.location, old.location);
  keep(made.source_file, old.source_file);
  keep(made.fingerprint, old.fingerprint);
  keep(made.psa, old.psa);
  made.related = std::move(old.related);
  made.related.clear();
  return made;
}

template <class T>
T taken(std::vector<T>& from) {
  if (from.empty()) return T{};
  T one = std::move(from.back());
  from.pop_back();
  return one;
}

}  // namespace

Finding SpareFindings::take() { return taken(findings_); }

RelatedPlace SpareFindings::take_related() { return taken(related_); }

void SpareFindings::give_back(Finding& finding) {
  for (RelatedPlace& place : finding.related) {
    if (related_.size() < kMostRelated) related_.push_back(emptied(place));
  }
  if (findings_.size() < kMostFindings) findings_.push_back(emptied(finding));
}

void SpareFindings::empty(Verdict& verdict) {
  for (Finding& finding : verdict.findings) give_back(finding);
  Verdict made;
  keep(made.document, verdict.document);
  keep(made.object, verdict.object);
  keep(made.printed, verdict.printed);
  if (verdict.findings.capacity() <= kMostFindings) made.findings = std::move(verdict.findings);
  made.findings.clear();
  verdict = std::move(made);
}

}  // namespace psdl
