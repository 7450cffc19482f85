// Verdicts and findings that nobody needs any more. In: what a host is done with; out: the same, empty, whose texts
// keep their memory. An evaluator that has one asks for no memory for what it finds, once it is warm.
#pragma once

#include <vector>

#include "psdl/findings.hpp"

namespace psdl {

class SpareFindings {
 public:
  // Empty ones.
  [[nodiscard]] Finding take();
  [[nodiscard]] RelatedPlace take_related();
  void give_back(Finding& finding);
  // As it was made; its findings are given back.
  void empty(Verdict& verdict);

 private:
  std::vector<Finding> findings_;
  std::vector<RelatedPlace> related_;
};

}  // namespace psdl
