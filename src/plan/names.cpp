// The names that a program's key table holds. In: a plan, as it was written; out: every text in it that a document's key may be compared with.
//
// Passes make keys of texts (`pod[field]` where `field` turns out to be known), so all that look like names are taken, not only those that stand as keys.
#include <algorithm>

#include "plan/plan.hpp"
#include "plan/walk.hpp"

namespace psdl::plan {
namespace {

constexpr std::size_t kLongestName = 63;  // of a field or an annotation's part; messages are left out

bool may_be_name(std::string_view text) {
  return text.size() <= kLongestName && text.find_first_of(" %\n") == std::string_view::npos;
}

class Names {
 public:
  void step(const Step& step) { take_all(step.where_path); }
  void expr(const Expr& e) { take(e.constant); }
  void take_all(std::span<const Value> values) {
    for (const Value& value : values) take(value);
  }
  void take(const Value& value) {
    switch (value.kind()) {
      case Kind::String:
        if (may_be_name(value.as_string())) found.push_back(value.as_string());
        break;
      case Kind::Array: take_all(value.as_array()); break;
      case Kind::Set: take_all(value.as_set().bag()); break;
      case Kind::Object:
        take_all(value.as_object().keys());
        take_all(value.as_object().values());
        break;
      default: break;
    }
  }

  std::vector<std::string_view> found;
};

}  // namespace

std::vector<std::string_view> names(const Plan& plan) {
  Names names;
  Walk<Names> walk(names);
  for (const Function& function : plan.functions) walk.function(function);
  return std::move(names.found);
}

}  // namespace psdl::plan
