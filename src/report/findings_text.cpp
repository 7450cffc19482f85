// A finding as text: what is wrong, where, in which object, and the lines that show it.
#include <fmt/format.h>

#include "report/display.hpp"
#include "report/edits.hpp"
#include "report/snippet.hpp"
#include "report/words.hpp"
#include "report/writer.hpp"

namespace psdl::report {
namespace {

struct Word {
  std::string_view text;
  Paint paint;
};

Word word_for(FindingSeverity severity) {
  switch (severity) {
    case FindingSeverity::Error: return {"error", Paint::Red};
    case FindingSeverity::Warning: return {"warning", Paint::Yellow};
    case FindingSeverity::Note: return {"note", Paint::Cyan};
  }
  return {"error", Paint::Red};
}

std::string escaped(std::string_view text, const tools::TextStyle& style) {
  std::string out;
  append_escaped(out, style.most_message_bytes > 0 ? cut(text, style.most_message_bytes) : std::string(text), style.ascii);
  return out;
}

std::string place_of(const Location& location, const tools::TextStyle& style) {
  std::string text = escaped(location.file, style);
  if (location.line > 0) text += fmt::format(":{}:{}", location.line, location.column);
  return text;
}

std::string heading(const Finding& finding, const tools::TextStyle& style) {
  return fmt::format("{}[{}]", word_for(finding.severity).text, escaped(finding.rule, style));
}

std::string label_for(const Finding& finding) {
  switch (finding.location.precision) {
    case Precision::Exact: return finding.fix && !shows_lines(*finding.fix) ? finding.fix->description : std::string();
    case Precision::Parent: return finding.missing.empty() ? "something is missing here" : fmt::format("`{}` is missing here", finding.missing);
    case Precision::Container: return "somewhere in this container";
    case Precision::Object: return "somewhere in this object";
    case Precision::File: return {};
  }
  return {};
}

Mark mark_of(const Location& location, std::string label, bool is_primary) {
  const std::uint32_t end = location.end_line == location.line ? location.end_column : 0;
  return {location.line, location.column, end, std::move(label), is_primary, location.line_text, location.line_text_from};
}

void append_bar(std::string& out, std::size_t gutter, const tools::TextStyle& style) {
  out.append(gutter + 1, ' ');
  append_painted(out, "|", Paint::Blue, style);
  out += '\n';
}

// "   = fix: insert after line 20", then the lines before and after.
void append_fix(std::string& out, std::size_t gutter, const Fix& fix, const tools::TextStyle& style) {
  for (const TextEdit& edit : fix.edits) {
    const std::vector<ChangedLine> lines = changed_lines(edit);
    if (lines.empty()) continue;
    append_note(out, gutter, "fix", edit_title(edit), style);
    append_bar(out, gutter, style);
    for (const ChangedLine& line : lines) {
      const bool is_kept = line.kind == ChangedLine::Kind::Kept;
      append_painted(out,
                     fmt::format("{:>{}} {}", line.number, gutter,
                                 is_kept                                 ? '|'
                                 : line.kind == ChangedLine::Kind::Added ? '+'
                                                                         : '-'),
                     Paint::Blue, style);
      out += ' ';
      std::string text;
      append_escaped(text, line.text, style.ascii);
      append_painted(out, text,
                     is_kept                                 ? Paint::None
                     : line.kind == ChangedLine::Kind::Added ? Paint::Green
                                                             : Paint::Red,
                     style);
      out += '\n';
    }
  }
}

// What a rule of the standards says below its finding.
void append_standard_notes(std::string& out, std::size_t gutter, const Finding& finding, const RuleInfo& rule,
                           const tools::TextStyle& style) {
  std::string note = rule.level == "baseline" ? "required by baseline and restricted" : "required by " + rule.level;
  if (finding.object.kind != "Pod" && !finding.object.kind.empty())
    note += fmt::format("; PSA would reject the pod, not the {}", finding.object.kind);
  append_note(out, gutter, "note", note, style);
  std::string help = "psdl explain " + rule.id;
  if (finding.fix) help += fmt::format("  |  psdl fix --rule {} {}", rule.id, finding.location.file);
  append_note(out, gutter, "help", help, style);
}

void append_rule_note(std::string& out, std::size_t gutter, const Finding& finding, const tools::TextStyle& style) {
  std::string note = finding.title.empty() ? std::string() : finding.title + "; ";
  note += fmt::format("rule `{}`", finding.entry_point);
  if (!finding.source_file.empty()) note += fmt::format(" at {}:{}", finding.source_file, finding.source_line);
  append_note(out, gutter, "note", note, style);
}

void append_finding(std::string& out, const Finding& finding, const RuleInfo* rule, const tools::TextStyle& style) {
  const Word word = word_for(finding.severity);
  append_painted(out, heading(finding, style), word.paint, style);
  append_painted(out, ": " + escaped(finding.message, style), Paint::Bold, style);
  out += '\n';

  std::string remark = escaped(object_text(finding.object), style);
  if (!finding.container.empty()) remark += fmt::format("{}container \"{}\"", remark.empty() ? "" : ", ", escaped(finding.container, style));
  const std::string& source = finding.object.source;
  if (!source.empty()) remark += fmt::format("{}from {}", remark.empty() ? "" : ", ", escaped(source, style));
  std::vector<Mark> marks;
  if (finding.location.line > 0) {
    marks.push_back(mark_of(finding.location, label_for(finding), true));
    for (const RelatedPlace& place : finding.related) {
      if (place.location.file == finding.location.file && !place.label.empty()) marks.push_back(mark_of(place.location, place.label, false));
    }
  }
  const std::size_t gutter = append_snippet(out, place_of(finding.location, style), remark, std::move(marks), word.paint, style);
  if (finding.location.line > 0) append_bar(out, gutter, style);
  const bool is_standard = rule != nullptr && !rule->level.empty();
  if (finding.fix && shows_lines(*finding.fix)) {
    append_fix(out, gutter, *finding.fix, style);
  } else if (is_standard) {
    append_standard_notes(out, gutter, finding, *rule, style);
  }
  if (!is_standard) append_rule_note(out, gutter, finding, style);
  if (finding.suppressed) append_note(out, gutter, "note", suppression_text(*finding.suppressed), style);
  if (!finding.details_json.empty()) append_note(out, gutter, "details", escaped(finding.details_json, style), style);
  out += '\n';
}

void append_finding_short(std::string& out, const Finding& finding, const tools::TextStyle& style) {
  out += place_of(finding.location, style) + ": " + heading(finding, style) + ": " + escaped(finding.message, style);
  const std::string object = escaped(object_text(finding.object), style);
  if (!object.empty()) out += fmt::format(" ({})", object);
  if (finding.suppressed) out += " [" + escaped(suppression_text(*finding.suppressed), style) + "]";
  out += '\n';
}

// "3 findings: 3 errors in 1 object of 1 file (2 of 2 controls failed; restricted v1.34)".
std::string summary(const tools::RunFacts& facts, const Counts& counts, std::size_t controls) {
  std::string out;
  if (counts.total() == 0 && counts.documents == 0 && counts.skipped == 0) {
    out += "nothing was checked";
  } else if (counts.total() == 0) {
    out += fmt::format("no findings in {} of {}", plural(counts.judged, "object"), plural(facts.files, "file"));
  } else {
    std::string kinds;
    for (const FindingSeverity severity : {FindingSeverity::Error, FindingSeverity::Warning, FindingSeverity::Note}) {
      const std::size_t count = counts.by_severity[static_cast<std::size_t>(severity)];
      if (count > 0) kinds += (kinds.empty() ? "" : ", ") + plural(count, severity_word(severity));
    }
    out += fmt::format("{}: {} in {} of {}", plural(counts.total(), "finding"), kinds, plural(counts.denied, "object"),
                       plural(counts.files_with_findings, "file"));
  }
  std::string more;
  const auto add = [&](const std::string& text) { more += (more.empty() ? "" : "; ") + text; };
  if (counts.total() > 0 && counts.judged > counts.denied) add(plural(counts.judged, "object") + " checked");
  if (controls > 0 && counts.total() > 0)
    add(fmt::format("{} of {} failed", counts.levels_failed, plural(controls, "control")));
  if (!facts.level.empty()) add(facts.level + (facts.kube_version.empty() ? "" : " v" + facts.kube_version));
  if (!more.empty()) out += " (" + more + ")";
  if (counts.suppressed > 0) out += fmt::format("; {} suppressed", counts.suppressed);
  if (counts.no_pod > 0)
    out +=
        fmt::format("; {} skipped: no pod in {}", plural(counts.no_pod, "object"), counts.no_pod == 1 ? "it" : "them");
  if (counts.skipped > 0) out += fmt::format("; {} passed over: not manifests", plural(counts.skipped, "document"));
  if (counts.failed > 0) out += fmt::format("; {} could not be checked", plural(counts.failed, "document"));
  if (facts.files_not_manifests > 0)
    out += fmt::format("; {} passed over: not manifests", plural(facts.files_not_manifests, "file"));
  return out + '\n';
}

std::string exception_lines(const tools::RunFacts& facts, const tools::TextStyle& style) {
  std::string out;
  for (const tools::ExceptionUse& use : facts.exceptions) {
    if (use.state == tools::ExceptionUse::State::Used) continue;
    const bool is_expired = use.state == tools::ExceptionUse::State::Expired;
    std::string place = escaped(use.file, style);
    if (use.line > 0) place += fmt::format(":{}", use.line);
    out += fmt::format("note: exception of {} for {} {} ({})\n", escaped(use.rule, style), escaped(use.object, style),
                       is_expired ? "expired on " + escaped(use.expires, style) : "was not used", place);
  }
  return out;
}

class TextWriter final : public ReportWriter {
 public:
  explicit TextWriter(const Setting& setting) : setting_(setting), style_(setting.options.style) {
    for (const RuleInfo& rule : setting.rules.all()) controls_ += rule.level.empty() ? 0 : 1;
  }

  std::string add(const Verdict& verdict, const tools::DocumentFacts&) override {
    std::string out;
    bool any_shown = false;
    for (const Finding& finding : verdict.findings) {
      if (finding.suppressed && !setting_.options.show_suppressed) continue;
      any_shown = true;
      if (style_.most_findings > 0 && ++seen_ > style_.most_findings) {
        ++hidden_;
      } else if (style_.short_form) {
        append_finding_short(out, finding, style_);
      } else {
        append_finding(out, finding, setting_.rules.find(finding.rule), style_);
      }
    }
    if (setting_.options.show_passed && !any_shown) append_passed(out, verdict);
    return out;
  }

  std::string finish(const tools::RunFacts& facts, const Counts& counts) override {
    // Said in every form: nobody may take a hundred findings for all of them.
    std::string out;
    if (hidden_ > 0) out += fmt::format("... {} more not shown\n", plural(hidden_, "finding"));
    if (style_.quiet || style_.short_form) return out;
    if (hidden_ > 0) out += '\n';
    return out + exception_lines(facts, style_) + summary(facts, counts, controls_);
  }

 private:
  void append_passed(std::string& out, const Verdict& verdict) const {
    if (verdict.status == Status::Error) return;
    const bool is_skipped =
        verdict.status == Status::Skipped || (setting_.rules.has_levels() && verdict.pod_proof == PodProof::Absent);
    const std::string_view word = is_skipped ? "skipped" : "passed";
    const std::string object = escaped(object_text(verdict.object), style_);
    append_painted(out, word, Paint::Green, style_);
    out += fmt::format(": {}{}\n", escaped(verdict.document, style_), object.empty() ? "" : " (" + object + ")");
  }

  const Setting& setting_;
  const tools::TextStyle& style_;
  std::size_t controls_ = 0;
  std::size_t seen_ = 0;
  std::size_t hidden_ = 0;
};

}  // namespace

std::unique_ptr<ReportWriter> make_text(const Setting& setting) {
  return std::make_unique<TextWriter>(setting);
}

}  // namespace psdl::report
