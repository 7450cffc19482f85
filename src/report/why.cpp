// Why, as text and as JSON. In: an answer; out: the layout of docs/debugging.md.
#include "psdl/tools/why.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "report/display.hpp"
#include "report/escape.hpp"

namespace psdl::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kWidestVars = 48;
constexpr std::size_t kWidestReason = 64;
constexpr std::size_t kOutcomeWidth = 9;  // "undefined"
constexpr std::size_t kMostWith = 6;

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const report::Cell& cell : report::cells(text, false)) width += cell.width;
  return width;
}

std::string padded(std::string text, std::size_t width, std::size_t gap) {
  const std::size_t wide = width_of(text);
  text.append(gap + (wide < width ? width - wide : 0), ' ');
  return text;
}

std::string place_text(const WhyPlace& place) { return fmt::format("{}:{}:{}", place.file, place.line, place.column); }

class Layout {
 public:
  Layout(const WhyAnswer& answer, const TextStyle& style) : answer_(answer), style_(style) {}

  std::string text() {
    out_ = escaped(answer_.rule) + " " + escaped(answer_.state) + ": ";
    if (answer_.rules > 0) out_ += plural(answer_.rules, "rule") + ", ";
    if (answer_.iterations > 0) out_ += plural(answer_.iterations, "iteration") + ", ";
    out_ += answer_.results == 0 ? "no result" : plural(answer_.results, "result");
    out_ += '\n';
    for (const WhyGroup& group : answer_.groups) add(group);
    if (answer_.more > 0) out_ += fmt::format("  .. and {} more expression{}\n", answer_.more, answer_.more == 1 ? "" : "s");
    if (answer_.earlier > 0) out_ += fmt::format("  {} ended before that\n", plural(answer_.earlier, "iteration"));
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::string escaped(std::string_view text) const { return escape_for_terminal(text, style_.ascii); }

  void add(const WhyGroup& group) {
    out_ += fmt::format("  {}{}", place_of(group), escaped(group.expression));
    if (!group.via.empty()) out_ += "   (from " + escaped(group.via) + ")";
    out_ += '\n';
    std::size_t vars = 0;
    std::size_t reason = 0;
    for (const WhyTry& one : group.tries) {
      vars = std::max(vars, std::min(kWidestVars, width_of(escaped(one.vars))));
      reason = std::max(reason, std::min(kWidestReason, width_of(escaped(one.reason))));
    }
    for (const WhyTry& one : group.tries) add(one, vars, reason);
    if (group.count > group.tries.size()) out_ += fmt::format("    .. and {} more\n", group.count - group.tries.size());
    for (std::size_t i = 0; i < group.with.size(); ++i) {
      if (i == kMostWith) {
        out_ += fmt::format("    and {} more expressions\n", group.with.size() - i);
        break;
      }
      out_ += "    and " + escaped(group.with[i]) + "\n";
    }
  }

  [[nodiscard]] std::string place_of(const WhyGroup& group) const {
    return group.place.file.empty() ? std::string() : fmt::format("{}:{}  ", escaped(group.place.file), group.place.line);
  }

  void add(const WhyTry& one, std::size_t vars, std::size_t reason) {
    std::string line = "    ";
    if (vars > 0) line += padded(escaped(one.vars), vars, 3);
    line += padded(one.outcome, kOutcomeWidth, 2);
    line += one.place.file.empty() ? escaped(one.reason) : padded(escaped(one.reason), reason, 2) + "(" + escaped(place_text(one.place)) + ")";
    while (line.ends_with(' ')) line.pop_back();
    out_ += line + "\n";
    if (!one.gives_json.empty() && one.gives_json != "true") out_ += "      gives " + escaped(one.gives_json) + "\n";
  }

  const WhyAnswer& answer_;
  const TextStyle& style_;
  std::string out_;
};

Json place_json(const WhyPlace& place) {
  if (place.file.empty()) return nullptr;
  Json made = {{"file", place.file}, {"line", place.line}, {"column", place.column}};
  if (!place.pointer.empty()) made["path"] = place.pointer;
  return made;
}

Json try_json(const WhyTry& one) {
  Json made = {{"vars", one.vars}, {"outcome", one.outcome}, {"reason", one.reason}};
  if (!one.missing.empty()) {
    made["missing"] = one.missing;
    made["there"] = one.there;
    made["near"] = one.near.empty() ? Json(nullptr) : Json(one.near);
  }
  if (!one.value_json.empty()) made["value"] = one.value_json;
  if (!one.gives_json.empty()) made["gives"] = one.gives_json;
  made["location"] = place_json(one.place);
  return made;
}

Json answer_json(const WhyAnswer& answer) {
  Json made = {{"document", answer.document}, {"rule", answer.rule},           {"state", answer.state},     {"holds", !answer.is_nothing},
               {"rules", answer.rules},       {"iterations", answer.iterations}, {"results", answer.results}, {"endedBefore", answer.earlier}};
  made["more"] = answer.more;
  Json& groups = made["expressions"] = Json::array();
  for (const WhyGroup& group : answer.groups) {
    Json shown = {{"expression", group.expression}, {"source", place_json(group.place)}, {"from", group.via}, {"holds", group.holds}, {"count", group.count}};
    shown["with"] = group.with;
    Json& tries = shown["tries"] = Json::array();
    for (const WhyTry& one : group.tries) tries.push_back(try_json(one));
    groups.push_back(std::move(shown));
  }
  Json& errors = made["errors"] = Json::array();
  for (std::size_t i = 0; i < answer.errors.size(); ++i) errors.push_back({{"code", answer.errors[i].code}, {"message", answer.errors[i].message}});
  return made;
}

}  // namespace

std::string render_why(const WhyAnswer& answer, const TextStyle& style) { return Layout(answer, style).text(); }

std::string render_why_json(const std::vector<WhyAnswer>& answers) {
  Json tree = {{"schema", "psdl/why/v1"}};
  Json& list = tree["answers"] = Json::array();
  for (const WhyAnswer& answer : answers) list.push_back(answer_json(answer));
  return report::json_visible(tree.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace psdl::tools
