// What a result holds: filled by evaluators, read through psdl_result_..().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/arena.hpp"
#include "capi/handles.hpp"
#include "capi/objects.hpp"
#include "capi/value.hpp"

namespace psdl::capi {

// One problem, and whose.
struct ResultProblem {
  const Problem* problem = nullptr;
  std::uint32_t document = 0;
  std::string help;
};

// A verdict, where its findings begin among those of all, and of which text of a batch it is.
struct KeptVerdict : Verdict {
  std::size_t first_finding = 0;
  std::size_t text = 0;
};

// The verdicts of the last call, in memory of those before.
class KeptVerdicts {
 public:
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] const KeptVerdict* begin() const { return made_.data(); }
  [[nodiscard]] const KeptVerdict* end() const { return made_.data() + count_; }
  [[nodiscard]] const KeptVerdict& back() const { return made_[count_ - 1]; }
  [[nodiscard]] const KeptVerdict& operator[](std::size_t index) const { return made_[index]; }
  // Something is still in it: it is for VerdictSink::next().
  [[nodiscard]] KeptVerdict& add() {
    if (count_ == made_.size()) made_.emplace_back();
    return made_[count_++];
  }
  void clear() {
    count_ = 0;
    if (made_.size() > kMostKept) made_ = std::vector<KeptVerdict>();
  }

 private:
  static constexpr std::size_t kMostKept = 1024;
  std::vector<KeptVerdict> made_;
  std::size_t count_ = 0;
};

enum class Holds : std::uint8_t { Nothing, Verdicts, Rows };

struct ResultObject final : ValueOwner {
  static constexpr HandleKind kKind = HandleKind::Result;
  using ValueOwner::ValueOwner;

  [[nodiscard]] Arena& texts() override { return arena; }
  [[nodiscard]] std::size_t most_text_bytes() const override { return arena.limit_bytes(); }
  [[nodiscard]] std::size_t most_bytes() const override { return arena.limit_bytes(); }

  // Keeps the memory.
  void clear(Holds what);
  // After something was thrown: what is here is not all.
  void fail();
  // For VerdictSink::next(). `text`: of a batch.
  [[nodiscard]] Verdict& add(std::size_t text);

  [[nodiscard]] std::size_t finding_count() const {
    return verdicts.empty() ? 0 : verdicts.back().first_finding + verdicts.back().findings.size();
  }
  // Counted over all verdicts; null where there is none. `document` is the number of its verdict.
  [[nodiscard]] const Finding* finding(std::size_t index, std::size_t& document) const;
  // Of all verdicts, and of none.
  [[nodiscard]] const std::vector<ResultProblem>& problems();

  Holds holds = Holds::Nothing;
  bool is_batch = false;
  psdl_verdict overall = PSDL_VERDICT_NONE;
  KeptVerdicts verdicts;
  DiagnosticList errors;  // of no document, or of a query

  // Of a query; what `rows` are made of lives in `arena`.
  Arena arena;
  Value rows;
  std::string printed;
  std::shared_ptr<const Query::Impl> query;

  std::string json;  // made when it is asked for
  std::vector<ResultProblem> shown_problems;
  bool are_problems_shown = false;
};

[[nodiscard]] inline psdl_verdict verdict_of(Status status) {
  switch (status) {
    case Status::Allow: return PSDL_VERDICT_ALLOW;
    case Status::Deny: return PSDL_VERDICT_DENY;
    case Status::Error: return PSDL_VERDICT_ERROR;
    case Status::Skipped: return PSDL_VERDICT_SKIPPED;
  }
  return PSDL_VERDICT_ERROR;
}
// What both make together: error over deny over allow over skipped.
[[nodiscard]] inline psdl_verdict worse(psdl_verdict left, psdl_verdict right) {
  constexpr unsigned char kWeights[] = {0, 2, 3, 4, 1};  // by PSDL_VERDICT_..
  return kWeights[right] > kWeights[left] ? right : left;
}

}  // namespace psdl::capi
