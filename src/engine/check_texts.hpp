// What the API server says of a check of the pod standards that fails. In: the findings of a document; out: their
// Finding::psa.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/policy.hpp"
#include "psdl/findings.hpp"
#include "vm/machine.hpp"

namespace psdl {

// The rules of a check's package that make its text, as functions of the plain program.
struct CheckText {
  std::string below;  // "data.pss.privileged.": how its entry points begin
  std::uint32_t reason = kNoIndex;
  std::uint32_t detail = kNoIndex;
};

// Of the rules whose metadata name a check and a level, and whose package has both.
[[nodiscard]] std::vector<CheckText> check_texts(const Policy::Impl& policy);

// `run` asks the plain program about the document; its function is set here. Values live in `arena`. A check that
// cannot be asked to the end leaves its findings without a text.
void add_check_texts(std::span<const CheckText> texts, Machine& plain, Arena& arena, RunRequest run,
                     std::span<Finding> findings);

}  // namespace psdl
