// One rule on one object, for a terminal and as JSON.
#include "psdl/tools/object_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/escape.hpp"
#include "report/words.hpp"

namespace psdl::tools {
namespace {

using Json = nlohmann::ordered_json;

std::string_view mark_text(ObjectFact::Mark mark) {
  switch (mark) {
    case ObjectFact::Mark::None: return "";
    case ObjectFact::Mark::Satisfied: return "satisfied";
    case ObjectFact::Mark::Fails: return "FAILS";
  }
  return "";
}

std::string_view state_of(const ObjectPage& page) {
  if (page.status == Status::Error) return "NOT EVALUATED";
  if (page.is_skipped) return "NOT JUDGED";
  return page.findings.empty() ? "ALLOWED" : "DENIED";
}

// The first sentence of the description, on one line.
std::string first_sentence(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  for (std::size_t at = text.find(". "); at != std::string::npos; at = text.find(". ", at + 1)) {
    if (at + 2 < text.size() && text[at + 2] >= 'A' && text[at + 2] <= 'Z') return text.substr(0, at);
  }
  while (text.ends_with(' ') || text.ends_with('.')) text.pop_back();
  return text;
}

std::string lines_text(std::size_t lines) { return fmt::format("{} line{}", lines, lines == 1 ? "" : "s"); }

class Layout {
 public:
  Layout(const ObjectPage& page, const TextStyle& style) : page_(page), style_(style) {}

  std::string text() {
    const RuleInfo& rule = page_.rule;
    std::string of = rule.id + (rule.name.empty() ? "" : " " + rule.name);
    if (!rule.level.empty()) of += fmt::format(" ({}{})", rule.level, rule.since.empty() ? "" : " since " + rule.since);
    out_ = fmt::format("{} by {}", state_of(page_), escaped(of));
    out_ += page_.is_skipped ? ": it holds no pod, so the standards say nothing of it\n" : is_untouched() ? ": nothing that it reads is there\n" : "\n";
    const std::string about = first_sentence(rule.description.empty() ? rule.title : rule.description);
    if (!about.empty()) out_ += "  " + escaped(about) + "\n";
    facts();
    cautions();
    if (page_.findings.empty()) return std::move(out_);
    // Where the facts do not say it all already.
    if (page_.rule.level.empty()) {
      for (const Finding& finding : page_.findings) out_ += "  = " + escaped(finding.message) + place_of(finding) + "\n";
    }
    changes();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string escaped(std::string_view text) const { return escape_for_terminal(text, style_.ascii); }
  [[nodiscard]] bool is_untouched() const {
    return page_.findings.empty() && page_.status != Status::Error && std::none_of(page_.facts.begin(), page_.facts.end(), [](const ObjectFact& one) { return one.is_set; });
  }
  [[nodiscard]] static std::string place_of(const Finding& finding) {
    return finding.location.line == 0 ? std::string() : fmt::format("  ({}:{}:{})", escape_for_terminal(finding.location.file), finding.location.line, finding.location.column);
  }

  void facts() {
    std::size_t place = 0;
    std::size_t field = 0;
    std::size_t value = 0;
    for (const ObjectFact& one : page_.facts) {
      place = std::max(place, escaped(one.place).size());
      field = std::max(field, escaped(one.field).size());
      value = std::max(value, escaped(one.value).size());
    }
    for (const ObjectFact& one : page_.facts) {
      std::string line = fmt::format("    {:<{}} {:<{}}   {:<{}}  {:<9}", escaped(one.place), place, escaped(one.field), field, escaped(one.value), std::max<std::size_t>(value, 8), mark_text(one.mark));
      if (one.line != 0) {
        line += fmt::format("  ({}:{}:{})", escaped(one.file), one.line, one.column);
      } else {
        while (line.ends_with(' ')) line.pop_back();
      }
      out_ += line + "\n";
    }
    if (page_.more_facts > 0) out_ += fmt::format("    .. and {} more\n", page_.more_facts);
  }

  void cautions() {
    for (std::size_t i = 0; i < page_.cautions.size(); ++i) {
      const ObjectFact& one = page_.cautions[i];
      out_ += fmt::format("  careful: {}: {}", escaped(one.field), escaped(one.value));
      if (one.line != 0) out_ += fmt::format(" ({}:{}:{})", escaped(one.file), one.line, one.column);
      out_ += fmt::format(" {}\n", escaped(page_.caution_texts[i]));
    }
  }

  void changes() {
    if (page_.changes.empty()) {
      if (!page_.rule.remediation.empty()) out_ += "  = help: " + escaped(first_sentence(page_.rule.remediation)) + "\n";
      return;
    }
    out_ += "  smallest change that allows it: ";
    for (std::size_t i = 0; i < page_.changes.size(); ++i) {
      out_ += fmt::format("{}{} ({})", i == 0 ? "" : ", or ", escaped(page_.changes[i].description), lines_text(page_.changes[i].lines));
    }
    out_ += '\n';
  }

  const ObjectPage& page_;
  const TextStyle& style_;
  std::string out_;
};

Json location_json(const std::string& file, std::uint32_t line, std::uint32_t column) {
  if (line == 0) return nullptr;
  return {{"file", file}, {"line", line}, {"column", column}};
}

}  // namespace

std::string render_object_page(const ObjectPage& page, const TextStyle& style) { return Layout(page, style).text(); }

std::string render_object_page_json(const ObjectPage& page) {
  std::string state(state_of(page));
  std::transform(state.begin(), state.end(), state.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  Json made = {{"schema", "psdl/explain/v1"}, {"document", page.document}, {"verdict", state}};
  made["object"] = {{"apiVersion", page.object.api_version}, {"kind", page.object.kind}, {"namespace", page.object.namespace_name}, {"name", page.object.name}};
  made["rule"] = {{"id", page.rule.id}, {"name", page.rule.name}, {"title", page.rule.title}, {"level", page.rule.level}, {"since", page.rule.since}};
  Json& facts = made["facts"] = Json::array();
  for (const ObjectFact& one : page.facts) {
    const std::string_view mark = mark_text(one.mark);
    facts.push_back({{"place", one.place}, {"field", one.field}, {"set", one.is_set}, {"value", one.is_set ? Json(one.value) : Json(nullptr)}, {"path", one.path},
                     {"mark", mark.empty() ? Json(nullptr) : Json(one.mark == ObjectFact::Mark::Fails ? "fails" : "satisfied")}, {"location", location_json(one.file, one.line, one.column)}});
  }
  Json& findings = made["findings"] = Json::array();
  for (const Finding& one : page.findings) {
    findings.push_back({{"message", one.message}, {"container", one.container}, {"path", one.path}, {"missing", one.missing},
                        {"location", location_json(one.location.file, one.location.line, one.location.column)}});
  }
  for (std::size_t i = 0; i < page.cautions.size(); ++i) {
    const ObjectFact& one = page.cautions[i];
    made["careful"].push_back({{"field", one.field}, {"value", one.value}, {"path", one.path}, {"text", page.caution_texts[i]},
                               {"location", location_json(one.file, one.line, one.column)}});
  }
  Json& changes = made["changes"] = Json::array();
  for (const ObjectChange& one : page.changes) {
    Json change = {{"description", one.description}, {"lines", one.lines}};
    Json& edits = change["edits"] = Json::array();
    for (const TextEdit& edit : one.edits) edits.push_back({{"start", edit.begin}, {"end", edit.end}, {"text", edit.text}});
    changes.push_back(std::move(change));
  }
  return report::json_visible(made.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace psdl::tools
