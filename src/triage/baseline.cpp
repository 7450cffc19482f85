// JSON, an entry a line.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "triage/config_text.hpp"
#include "value/text.hpp"

namespace psdl::triage {
namespace {

constexpr std::string_view kSchema = "psdl/baseline/v1";

bool is_fingerprint(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void append_field(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format("{}\"{}\": ", out.ends_with('{') ? "" : ", ", key);
  append_json_string(out, value);
}

std::string entry_text(const BaselineEntry& entry) {
  std::string out = "{";
  append_field(out, "fingerprint", entry.fingerprint);
  append_field(out, "rule", entry.rule);
  append_field(out, "object", entry.object);
  append_field(out, "container", entry.container);
  append_field(out, "file", entry.file);
  if (entry.count > 1) out += fmt::format(", \"count\": {}", entry.count);
  return out + "}";
}

std::string text_of(const Object& object, std::string_view key) {
  const Value* value = object.find_text(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

std::string baseline_text(std::vector<BaselineEntry> entries) {
  const auto key = [](const BaselineEntry& e) {
    return std::tie(e.file, e.object, e.rule, e.container, e.fingerprint);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const BaselineEntry& a, const BaselineEntry& b) { return key(a) < key(b); });
  std::string out = fmt::format("{{\"schema\": \"{}\",\n \"findings\": [", kSchema);
  for (std::size_t i = 0; i < entries.size(); ++i)
    out += fmt::format("{}\n  {}", i == 0 ? "" : ",", entry_text(entries[i]));
  return out + (entries.empty() ? "]}\n" : "\n ]}\n");
}

bool read_baseline(std::string_view file, std::string_view text, std::vector<BaselineEntry>& entries,
                   DiagnosticList& problems) {
  const std::size_t before = problems.error_count();
  ConfigText config(file, text, problems);
  if (!config.is_read()) return false;
  const Object* root = config.root().is_object() ? &config.root().as_object() : nullptr;
  const Value* list = root != nullptr ? root->find_text("findings") : nullptr;
  if (root == nullptr || text_of(*root, "schema") != kSchema || list == nullptr || !list->is_array()) {
    config.error("bad_baseline", fmt::format("no baseline: an object of schema {} with a list `findings`", kSchema),
                 config.root(), "make one with psdl scan --write-baseline FILE");
    return false;
  }
  for (const Value& item : list->as_array()) {
    if (!item.is_object() || !is_fingerprint(text_of(item.as_object(), "fingerprint"))) {
      config.error("bad_baseline", "an entry of a baseline has a `fingerprint` of 16 hex digits", item);
      continue;
    }
    const Object& object = item.as_object();
    BaselineEntry entry{text_of(object, "fingerprint"), text_of(object, "rule"), text_of(object, "object"),
                        text_of(object, "container"),   text_of(object, "file"), 1};
    const Value* count = object.find_text("count");
    if (count != nullptr && (!count->is_int() || count->as_int() < 1)) {
      config.error("bad_baseline", "`count` is a number from 1", *count);
      continue;
    }
    if (count != nullptr) entry.count = static_cast<std::size_t>(count->as_int());
    entries.push_back(std::move(entry));
  }
  return problems.error_count() == before;
}

}  // namespace psdl::triage
