// What `psdl level` shows, for our tools and others', without a promise. In: verdicts on documents; out: which levels
// each object and namespace meets, and what stands in the way.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "psdl/findings.hpp"
#include "psdl/standards.hpp"
#include "psdl/tools/inspect.hpp"
#include "psdl/tools/report.hpp"

namespace psdl::tools {

// A line of --all-versions: {"doc","kind","namespace","name","level","version","allowed","reason","detail"}, without
// `namespace` where there is none. No newline.
[[nodiscard]] std::string level_line(const LevelVerdict& verdict, const LevelAnswer& answer, std::string_view version);
// Of a document that has no answers because of an error: {"doc","kind","error"}, without `kind` where there is none.
[[nodiscard]] std::string level_error_line(const LevelVerdict& verdict);

// The verb `level` of `psdl pipe`; see docs/pipe.md. Keeps a program for each level, revision and reading of defaults
// that was asked for.
void add_level_verb(Pipe& pipe, const EngineOptions& options);

enum class LevelFormat : std::uint8_t { Text, Short, Json, JsonLines, Table };

// A level file (psdl/level_file.hpp) that is asked for besides the three levels.
struct OwnLevel {
  std::string name;
  Level extends = Level::Restricted;
};

struct LevelReportOptions {
  LevelFormat format = LevelFormat::Text;
  TextStyle style = {};
  StandardVersion version;
  bool shows_objects = true;
  bool shows_namespaces = true;
  bool suggests_labels = false;
  std::optional<OwnLevel> own = {};
};

struct LevelRunFacts {
  std::size_t files = 0;
  std::size_t files_not_manifests = 0;
  int exit_code = 0;
};

class LevelReport {
 public:
  explicit LevelReport(LevelReportOptions options);
  ~LevelReport();
  LevelReport(const LevelReport&) = delete;
  LevelReport& operator=(const LevelReport&) = delete;

  // A verdict of a policy with the rules of add_levels(). What can be written already; empty where the format waits for
  // finish(), as those do that line up. `own` is the same verdict after the level file's exceptions and severities:
  // findings of severity error that are not suppressed count.
  [[nodiscard]] std::string add(const Verdict& verdict, const Verdict* own = nullptr);
  [[nodiscard]] std::string finish(const LevelRunFacts& facts);

  [[nodiscard]] std::size_t judged() const;
  // Documents that were passed over because they are proven to hold no pod spec.
  [[nodiscard]] std::size_t skipped() const;
  // Objects that do not meet the level.
  [[nodiscard]] std::size_t below(Level level) const;
  [[nodiscard]] std::size_t below_own() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl::tools
