// Limits by name. In: "object_bytes" and a number; out: a field set, or why not.
#include "base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/policy.hpp"
#include "psdl/psdl.hpp"

namespace psdl {
namespace {

constexpr std::uint64_t kMiB = 1024ULL * 1024;
constexpr std::uint64_t kGiB = 1024 * kMiB;

constexpr LimitInfo kLimits[] = {
#define PSDL_LIMIT(field, most, counts) {#field, Limits{}.field, most, counts},
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
      if (amount == 0 || amount > info.most) {
        problems.add_error("bad_option", fmt::format("limit `{}` must be from 1 to {}, not {}", name, info.most, amount));
        is_fine = false;
      }
    }
#define PSDL_LIMIT(field, most, counts) \
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

std::string limits_reference() {
  std::string out =
      "# Limits\n\n"
      "What a policy, a document or an evaluation may use. Reaching a limit is an error `limit_NAME` with its place, exit status 2: nothing is known of\n"
      "that document, and nothing of it is shown. It is never \"undefined\" and never \"no finding\", with `-q` neither. Made from the binary by\n"
      "`psdl doc limits`.\n\n"
      "A flag takes a number; sizes also with `KiB`, `MiB`, `GiB`, times with `ms`, `s`, `m`. Zero and more than the most are refused. `-bytes` may be\n"
      "left away: `--limit-object 16MiB`. In C++ the names\n"
      "are those of `EngineOptions::limits`.\n\n"
      "| flag | default | most | counts |\n|---|---|---|---|\n";
  for (const LimitInfo& limit : kLimits) {
    std::string flag(limit.name);
    std::replace(flag.begin(), flag.end(), '_', '-');
    const std::string most = limit.most == UINT64_MAX ? "none" : fmt::format("{}", limit.most);
    out += fmt::format("| `--limit-{}` | {} | {} | {} |\n", flag, limit.value, most, limit.counts);
  }
  out +=
      "\nNot settable: a text has less than 16 MiB. Builtins that go down into values (`object.union`, `object.subset`, `json.filter`, `json.remove`,\n"
      "`json.patch`, `yaml.marshal`) stop at a depth of 256 to 512 with `limit_data_nesting`. On a terminal at most 100 findings and 1 KiB of each message\n"
      "are shown, with a count of what is hidden; a file or a pipe gets all.\n\n"
      "Short calls cost one instruction. Where a builtin's operands are long (over 1,024 bytes or items) 256 bytes or 16 items count as one more, and so\n"
      "does what it does beyond going through them once: a sort, a merge, the steps of an automaton, long comparisons.\n";
  return out;
}

}  // namespace psdl
