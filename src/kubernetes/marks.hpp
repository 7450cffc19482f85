// What a document says besides its fields. In: its text, its annotations and labels; out: where it was rendered from,
// labels, wishes that findings not count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/document.hpp"
#include "psdl/findings.hpp"

namespace psdl {

// The comment lines before a document, as DocumentStream::lead() has them.
struct LeadLines {
  std::string_view text;
  std::uint32_t line = 1;
};

// helm's `# Source: PATH` among the lines before the document, else kustomize's annotation
// `config.kubernetes.io/origin`; empty where there is neither.
[[nodiscard]] std::string rendered_from(const Document& document, const LeadLines& lead);

[[nodiscard]] std::vector<std::pair<std::string, std::string>> labels_of(const Value& root);

// For one stream at a time. The comments of a list's text are looked for once, not for each of its items.
class MarkReader {
 public:
  void start_stream() { is_known_ = false; }
  [[nodiscard]] std::vector<IgnoreMark> read(const Document& document, const LeadLines& lead);

 private:
  std::vector<IgnoreMark> inline_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t offset_ = 0;
  bool is_known_ = false;
};

}  // namespace psdl
