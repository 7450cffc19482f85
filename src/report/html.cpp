// One page that needs nothing from elsewhere: objects by level, findings with their lines, filters.
// Invariant: the style and the script are constant texts whose hashes stand in the page's policy, so no other can run;
// all else is escaped.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "psdl/psdl.hpp"
#include "report/display.hpp"
#include "report/edits.hpp"
#include "report/escape.hpp"
#include "report/html_parts.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

std::string element(std::string_view tag, std::string_view css, std::string_view inside) {
  return fmt::format("<{0} class=\"{1}\">{2}</{0}>", tag, css, inside);
}

// --- The picture: how many objects meet what -----------------------------------------------------------------------

struct Bar {
  std::string label;
  std::string_view css;
  std::size_t count = 0;
};

// An exception makes no pod safer: what it covers counts here.
std::size_t level_bar(const Run& run, const Document& document) {
  if (document.status == Status::Error) return 4;
  if (document.status == Status::Skipped || !document.standards_apply) return 3;
  std::size_t bar = 0;
  for (const Finding& finding : document.findings) {
    const RuleInfo* rule = run.setting.rules.find(finding.rule);
    if (rule == nullptr || rule->level.empty()) continue;
    bar = std::max<std::size_t>(bar, rule->level == "baseline" ? 2 : 1);
  }
  return bar;
}

std::size_t severity_bar(const Run&, const Document& document) {
  if (document.status == Status::Error) return 4;
  std::size_t bar = 0;
  for (const Finding& finding : document.findings) {
    if (!finding.suppressed) bar = std::max<std::size_t>(bar, 3 - static_cast<std::size_t>(finding.severity));
  }
  return bar;
}

std::vector<Bar> bars_of(const Run& run) {
  const bool by_level = run.setting.rules.has_levels();
  const std::vector<RuleInfo>& rules = run.setting.rules.all();
  const bool to_restricted =
      std::any_of(rules.begin(), rules.end(), [](const RuleInfo& rule) { return rule.level == "restricted"; });
  std::vector<Bar> bars;
  if (by_level) {
    bars = {{to_restricted ? "restricted" : "baseline or stricter", "good"},
            {"baseline", "fair"},
            {"privileged", "bad"},
            {"no pod", "none"},
            {"not checked", "unknown"}};
  } else {
    bars = {{"no findings", "good"},
            {"notes", "none"},
            {"warnings", "fair"},
            {"errors", "bad"},
            {"not checked", "unknown"}};
  }
  for (const Document& document : run.documents)
    ++bars[by_level ? level_bar(run, document) : severity_bar(run, document)].count;
  std::erase_if(bars, [](const Bar& bar) { return bar.count == 0; });
  return bars;
}

std::string picture(const Run& run) {
  constexpr std::size_t kRow = 28;
  constexpr std::size_t kLabel = 160;
  constexpr std::size_t kRoom = 440;
  const std::vector<Bar> bars = bars_of(run);
  if (bars.empty()) return {};
  std::size_t most = 1;
  for (const Bar& bar : bars) most = std::max(most, bar.count);
  std::string out = fmt::format(
      "<svg role=\"img\" aria-label=\"Objects by level\" viewBox=\"0 0 700 {0}\" width=\"700\" height=\"{0}\">\n",
      bars.size() * kRow + 4);
  std::size_t y = 4;
  for (const Bar& bar : bars) {
    const std::size_t width = std::max<std::size_t>(2, bar.count * kRoom / most);
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kLabel - 8, y + 15, bar.label);
    out += fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"20\" rx=\"3\"/>", bar.css, kLabel, y,
                       width);
    out += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", kLabel + width + 8, y + 15, plural(bar.count, "object"));
    y += kRow;
  }
  return out + "</svg>\n";
}

// --- Filters -------------------------------------------------------------------------------------------------------

std::string choice(std::string_view name, std::string_view all, const std::map<std::string, std::string>& values) {
  std::string out = fmt::format("<label>{0} <select name=\"{0}\"><option value=\"\">{1}</option>", name, all);
  for (const auto& [value, shown] : values)
    out += fmt::format("<option value=\"{}\">{}</option>", xml_text(value), xml_text(shown));
  return out + "</select></label>\n";
}

// Never empty, so that it differs from the choice of all.
std::string namespace_value(const Finding& finding) {
  return "n:" + finding.object.namespace_name;
}

std::string filters(const std::vector<Row>& rows) {
  std::map<std::string, std::string> rules;
  std::map<std::string, std::string> namespaces;
  std::map<std::string, std::string> severities;
  for (const Row& row : rows) {
    const Finding& finding = *row.finding;
    rules.emplace(finding.rule, finding.rule);
    namespaces.emplace(namespace_value(finding),
                       finding.object.namespace_name.empty() ? "(none)" : finding.object.namespace_name);
    severities.emplace(severity_word(finding.severity), severity_word(finding.severity));
  }
  return "<form id=\"filters\" hidden>\n" + choice("rule", "all rules", rules) +
         choice("namespace", "all namespaces", namespaces) + choice("severity", "all severities", severities) +
         "<output id=\"shown\"></output>\n</form>\n";
}

// --- Findings ------------------------------------------------------------------------------------------------------

struct MarkedLine {
  const Location* place = nullptr;
  std::string label;
  bool is_primary = false;
};

// The line with the marked part in an element of its own.
std::string marked_text(const MarkedLine& line) {
  const Location& place = *line.place;
  std::string before;
  std::string marked;
  std::string after;
  std::string_view rest = place.line_text;
  const bool to_end = place.end_line != place.line || place.end_column <= place.column;
  for (std::uint32_t column = place.line_text_from; !rest.empty(); ++column) {
    const std::size_t bytes = code_point(rest).bytes;
    std::string& part = column < place.column ? before : to_end || column < place.end_column ? marked : after;
    part += rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  }
  const std::string_view cut = place.line_text_from > 1 ? "..." : "";
  return fmt::format("{}{}<mark class=\"{}\">{}</mark>{}", cut, xml_code(before),
                     line.is_primary ? "primary" : "related", xml_code(marked), xml_code(after));
}

std::string label_of(const Finding& finding) {
  if (finding.location.precision == Precision::Parent)
    return finding.missing.empty() ? "something is missing here" : finding.missing + " is missing here";
  if (finding.location.precision == Precision::Container) return "somewhere in this container";
  if (finding.location.precision == Precision::Object) return "somewhere in this object";
  return {};
}

std::string code_line(std::string_view css, const std::string& number, std::string_view sign, const std::string& html) {
  return fmt::format(
      "<span class=\"line {}\"><span class=\"number\">{}</span><span class=\"sign\">{}</span>{}</span>\n", css, number,
      sign, html);
}

std::string lines_of(const Finding& finding) {
  std::vector<MarkedLine> lines;
  if (finding.location.line > 0) lines.push_back({&finding.location, label_of(finding), true});
  for (const RelatedPlace& place : finding.related) {
    const bool is_own = place.location.line > 0 && place.location.file == finding.location.file &&
                        place.location.line != finding.location.line;
    if (is_own && !place.label.empty()) lines.push_back({&place.location, place.label, false});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const MarkedLine& a, const MarkedLine& b) { return a.place->line < b.place->line; });
  if (lines.empty()) return {};
  std::string out = "<pre class=\"code\">";
  for (const MarkedLine& line : lines) {
    std::string html = marked_text(line);
    if (!line.label.empty()) html += "  " + element("span", "label", xml_text(line.label));
    out += code_line(line.is_primary ? "here" : "", std::to_string(line.place->line), "", html);
  }
  return out + "</pre>\n";
}

std::string fix_of(const Finding& finding) {
  if (!finding.fix) return {};
  std::string out = element("p", "fix", "Fix: " + xml_text(finding.fix->description)) + '\n';
  std::string lines;
  for (const TextEdit& edit : finding.fix->edits) {
    for (const ChangedLine& line : changed_lines(edit)) {
      const bool is_added = line.kind == ChangedLine::Kind::Added;
      const bool is_kept = line.kind == ChangedLine::Kind::Kept;
      lines += code_line(is_kept    ? ""
                         : is_added ? "added"
                                    : "removed",
                         std::to_string(line.number),
                         is_kept    ? ""
                         : is_added ? "+"
                                    : "-",
                         xml_code(line.text));
    }
  }
  if (!lines.empty()) out += "<pre class=\"code\">" + lines + "</pre>\n";
  return out;
}

std::string about_rule(const RuleInfo* rule) {
  if (rule == nullptr || (rule->description.empty() && rule->remediation.empty())) return {};
  std::string out = "<details><summary>About this rule</summary>\n";
  for (const std::string* text : {&rule->description, &rule->remediation}) {
    if (!text->empty()) out += "<p>" + xml_text(*text) + "</p>\n";
  }
  return out + "</details>\n";
}

std::string article(const Run& run, const Row& row) {
  const Finding& finding = *row.finding;
  const RuleInfo* rule = run.setting.rules.find(finding.rule);
  const std::string_view severity = severity_word(finding.severity);
  std::string out =
      fmt::format("<article class=\"{0}\" data-rule=\"{1}\" data-namespace=\"{2}\" data-severity=\"{0}\">\n", severity,
                  xml_text(finding.rule), xml_text(namespace_value(finding)));
  out += fmt::format("<h3><span class=\"badge\">{}</span> <span class=\"rule\">{}</span> {}</h3>\n", severity,
                     xml_text(finding.rule), xml_text(finding.message));
  std::string place = xml_text(finding.location.file);
  if (finding.location.line > 0) place += fmt::format(":{}:{}", finding.location.line, finding.location.column);
  out += fmt::format("<p class=\"place\">{} &middot; {}", place, xml_text(row.document->title()));
  if (!finding.container.empty()) out += fmt::format(" &middot; container {}", xml_text(finding.container));
  if (rule != nullptr && !rule->level.empty()) out += " &middot; " + xml_text(rule->level);
  out += "</p>\n";
  if (finding.suppressed) out += element("p", "suppressed", xml_text(suppression_text(*finding.suppressed))) + '\n';
  return out + lines_of(finding) + fix_of(finding) + about_rule(rule) + "</article>\n";
}

// --- The rest of the run -------------------------------------------------------------------------------------------

std::string problems(const Run& run) {
  std::string out;
  for (const Document& document : run.documents) {
    if (document.errors == nullptr) continue;
    for (std::size_t i = 0; i < document.errors->size(); ++i) {
      const DiagnosticView problem = (*document.errors)[i];
      std::string place = xml_text(document.file);
      if (problem.line > 0) place += fmt::format(":{}:{}", problem.line, problem.column);
      out += fmt::format("<li>{}: {}</li>\n", place, xml_text(problem.message));
    }
  }
  return out.empty() ? out : "<h2>Not checked</h2>\n<ul>\n" + out + "</ul>\n";
}

std::string passed(const Run& run) {
  std::string out;
  for (const Document& document : run.documents) {
    const bool any = std::any_of(document.findings.begin(), document.findings.end(),
                                 [](const Finding& finding) { return !finding.suppressed; });
    if (!any && document.status != Status::Error)
      out += fmt::format("<li>{} &middot; {}</li>\n", xml_text(document.title()), xml_text(document.name));
  }
  return out.empty() || !run.setting.options.show_passed ? std::string()
                                                         : "<h2>Without findings</h2>\n<ul>\n" + out + "</ul>\n";
}

std::string exceptions(const Run& run) {
  std::string out;
  for (const tools::ExceptionUse& use : run.facts.exceptions) {
    const std::string_view state = use.state == tools::ExceptionUse::State::Used      ? "used"
                                   : use.state == tools::ExceptionUse::State::Expired ? "expired"
                                                                                      : "not used";
    out += fmt::format("<li>{}: {} for {}: {}</li>\n", state, xml_text(use.rule), xml_text(use.object),
                       xml_text(use.reason));
  }
  return out.empty() ? out : "<h2>Exceptions</h2>\n<ul>\n" + out + "</ul>\n";
}

std::string headline(const Run& run) {
  const Counts& counts = run.counts;
  std::string out =
      fmt::format("{} in {} of {}", counts.total() == 0 ? "no findings" : plural(counts.total(), "finding"),
                  plural(counts.documents + counts.skipped, "object"), plural(run.facts.files, "file"));
  if (counts.suppressed > 0) out += fmt::format(", {} suppressed", counts.suppressed);
  if (counts.failed > 0) out += fmt::format(", {} could not be checked", plural(counts.failed, "document"));
  if (!run.facts.level.empty()) out += " &middot; " + xml_text(run.facts.level);
  if (!run.facts.kube_version.empty()) out += " &middot; Kubernetes " + xml_text(run.facts.kube_version);
  if (!run.facts.time.empty()) out += " &middot; " + xml_text(run.facts.time);
  return out;
}

}  // namespace

std::string write_html(const Run& run) {
  const std::vector<Row> rows = run.shown_rows();
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; "
      "base-uri 'none'; form-action 'none'\">\n",
      kHtmlStyleHash, kHtmlScriptHash);
  out += "<meta name=\"viewport\" content=\"width=device-width\">\n<title>psdl report</title>\n";
  out +=
      fmt::format("<style>{}</style>\n</head>\n<body>\n<h1>psdl report</h1>\n<p>{}</p>\n", kHtmlStyle, headline(run));
  out += picture(run) + problems(run) + "<h2>Findings</h2>\n" + filters(rows);
  for (const Row& row : rows) out += article(run, row);
  out += passed(run) + exceptions(run);
  out += fmt::format("<footer>psdl {}</footer>\n<script>{}</script>\n</body>\n</html>\n", version(), kHtmlScript);
  return out;
}

}  // namespace psdl::report
