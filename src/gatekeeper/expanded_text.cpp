// The layout is that of Kubernetes' own YAML library.
#include "gatekeeper/expanded_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "builtins/yaml_writer.hpp"
#include "gatekeeper/object.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::uint32_t kDepth = 10'000;
constexpr int kLineWidth = 80;

std::string key_of(const Value& root) {
  return fmt::format("{}{}{}", text_at(root, {"metadata", "name"}), text_at(root, {"apiVersion"}),
                     text_at(root, {"kind"}));
}

}  // namespace

void sort_expanded(std::vector<Value>& roots) {
  std::stable_sort(roots.begin(), roots.end(), [](const Value& a, const Value& b) { return key_of(a) > key_of(b); });
}

std::string expanded_text(const std::vector<Value>& roots, std::string_view format) {
  std::string out;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (i > 0) out += "---\n";
    if (format == "json") {
      out += to_json(roots[i], {.html_safe = true, .indent = 4});
      continue;
    }
    YamlLayout layout;
    layout.has_flat_items = true;
    layout.width = kLineWidth;
    static_cast<void>(append_yaml(out, roots[i], kDepth, SIZE_MAX, layout));
  }
  return out + "\n";
}

}  // namespace psdl::gatekeeper
