// The writers behind FindingsReport. In: findings; out: pieces of text or JSON.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "psdl/findings.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::report {

void append_finding(std::string& out, const Finding& finding, const tools::TextStyle& style);
void append_finding_short(std::string& out, const Finding& finding, const tools::TextStyle& style);

// One compact object of schema psdl/findings/v1.
[[nodiscard]] std::string finding_json(const Finding& finding);

struct Summary {
  std::size_t files = 0;
  std::size_t documents = 0;
  std::size_t objects = 0;
  std::size_t not_manifests = 0;
  std::size_t failed = 0;
  std::size_t errors = 0;
  std::size_t warnings = 0;
  std::size_t notes = 0;
  int exit_code = 0;
};

// The whole report as one JSON text, indented.
class JsonReport {
 public:
  void add(const Finding& finding);
  void add(const DiagnosticList& errors);
  void add_warnings(const DiagnosticList& warnings);
  [[nodiscard]] std::string finish(const Summary& summary);

 private:
  std::string findings_;  // compact objects, comma between
  std::string errors_;
  std::string warnings_;
};

}  // namespace psdl::report
