// Limits by name. In: "object_bytes" and a number; out: a field set, or why not.
#include "base/limits.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/policy.hpp"
#include "psdl/psdl.hpp"

namespace psdl {
namespace {

constexpr std::uint64_t kMiB = 1024ULL * 1024;
constexpr std::uint64_t kGiB = 1024 * kMiB;

constexpr LimitInfo kLimits[] = {
#define PSDL_LIMIT(field, most) {#field, Limits{}.field, most},
#include "engine/limits.def"
#undef PSDL_LIMIT
};

// A field of Limits without its row does not compile: the number of names must be the number of fields.
constexpr std::size_t count_fields() {
  [[maybe_unused]] const auto [f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24, f25, f26, f27, f28, f29, f30, f31] = Limits{};
  return 32;
}
static_assert(std::size(kLimits) == count_fields());

}  // namespace

std::span<const LimitInfo> limits() { return kLimits; }

bool set_limits(const EngineOptions& options, Limits& limits, DiagnosticList& problems) {
  bool is_fine = true;
  for (const auto& [name, amount] : options.limits) {
    bool is_known = false;
    for (const LimitInfo& info : kLimits) {
      if (info.name != name) continue;
      is_known = true;
      if (amount > info.most) {
        problems.add_error("bad_option", fmt::format("limit `{}` may be at most {}, not {}", name, info.most, amount));
        is_fine = false;
      }
    }
#define PSDL_LIMIT(field, most) \
  if (name == #field) limits.field = static_cast<decltype(limits.field)>(amount);
#include "engine/limits.def"
#undef PSDL_LIMIT
    if (!is_known) {
      problems.add_error("bad_option", fmt::format("there is no limit `{}`", name));
      is_fine = false;
    }
  }
  return is_fine;
}

}  // namespace psdl
