// `psdl level` in its formats. In: verdicts; out: lines for objects and namespaces, each with the findings that keep it from the next level.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include "psdl/tools/levels.hpp"
#include "report/display.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

constexpr std::size_t kLevelCount = 3;
constexpr std::size_t kLevelColumns = 13;
constexpr std::size_t kMostNames = 3;  // of objects that hold a namespace back

// Which levels are met, by Level. Not a number: from v1.25 a pod of Windows may meet restricted and not baseline.
using Met = std::array<bool, kLevelCount>;

Level strictest(const Met& met) {
  std::size_t level = kLevelCount - 1;
  while (!met[level]) --level;
  return static_cast<Level>(level);
}

Level next(Level level) { return static_cast<Level>(std::min<std::size_t>(static_cast<std::size_t>(level) + 1, kLevelCount - 1)); }

// A finding that keeps an object from a level.
struct Blocker {
  Level level = Level::Baseline;
  Finding finding;
};

struct Object {
  std::string document;
  ObjectIdentity identity;
  bool is_skipped = false;
  Met met{true, true, true};
  std::vector<Blocker> blockers;  // of both levels
  std::vector<Finding> own_blockers;  // of the level file

  [[nodiscard]] Level level() const { return strictest(met); }
  [[nodiscard]] std::size_t count(Level level) const {
    return static_cast<std::size_t>(std::count_if(blockers.begin(), blockers.end(), [&](const Blocker& one) { return one.level == level; }));
  }
};

// "Deployment shop/web".
std::string object_text(const ObjectIdentity& object) {
  std::string text = object.kind.empty() ? std::string("object") : object.kind;
  text += ' ';
  if (!object.namespace_name.empty()) text += object.namespace_name + "/";
  return text + (object.name.empty() ? std::string("(no name)") : object.name);
}

// What of the object a finding is about, in a word: the field that is missing, or the one that is there.
std::string field_of(const Finding& finding) {
  if (!finding.missing.empty()) return finding.missing;
  std::string_view rest = finding.path;
  while (!rest.empty()) {
    const std::size_t slash = rest.rfind('/');
    const std::string_view step = rest.substr(slash + 1);
    const bool is_index = !step.empty() && std::all_of(step.begin(), step.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_index) return std::string(step);
    rest = rest.substr(0, slash);
  }
  return {};
}

// `PSS103 privileged "app"`.
std::string blocker_text(const Finding& finding) {
  std::string text = finding.rule;
  if (const std::string field = field_of(finding); !field.empty()) text += " " + field;
  if (!finding.container.empty()) text += fmt::format(" \"{}\"", finding.container);
  return text;
}

std::string place_text(const Location& location) {
  return location.line == 0 ? location.file : fmt::format("{}:{}:{}", location.file, location.line, location.column);
}

// A name that may stand in a shell command as it is.
bool is_namespace_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.empty() || name.size() > 63 || !is_plain(name.front()) || !is_plain(name.back())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return is_plain(c) || c == '-'; });
}

struct Namespace {
  std::size_t objects = 0;
  Met met{true, true, true};
  std::map<Met, std::vector<std::string>> by_met;  // the objects, by what they meet

  [[nodiscard]] Level level() const { return strictest(met); }
};

// What keeps a namespace from the next level, and what it would meet without.
struct HeldBack {
  std::vector<std::string> objects;
  std::optional<Level> rest;  // nothing where no object is left
};

HeldBack held_back(const Namespace& one) {
  HeldBack back;
  const auto wanted = static_cast<std::size_t>(next(one.level()));
  Met rest{true, true, true};
  bool any = false;
  for (const auto& [met, names] : one.by_met) {
    if (!met[wanted]) {
      back.objects.insert(back.objects.end(), names.begin(), names.end());
      continue;
    }
    any = true;
    for (std::size_t i = 0; i < kLevelCount; ++i) rest[i] = rest[i] && met[i];
  }
  if (any) back.rest = strictest(rest);
  return back;
}

// Label and value, in the order in which they are shown: what holds now is enforced, the next level is warned of, the strictest is written to the audit log.
std::vector<std::pair<std::string, std::string>> labels_for(Level level, const StandardVersion& version) {
  constexpr std::string_view kPrefix = "pod-security.kubernetes.io/";
  const std::pair<std::string_view, Level> modes[] = {{"enforce", level}, {"warn", next(level)}, {"audit", Level::Restricted}};
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [mode, of] : modes) {
    labels.emplace_back(fmt::format("{}{}", kPrefix, mode), level_name(of));
    if (!version.is_latest()) labels.emplace_back(fmt::format("{}{}-version", kPrefix, mode), version.text());
  }
  return labels;
}

// --- JSON ------------------------------------------------------------------------------------------------------------------

// An object's text, member after member.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
    return *this;
  }
  JsonObject& text_if(std::string_view key, std::string_view value) { return value.empty() ? *this : text(key, value); }
  JsonObject& raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
    return *this;
  }
  JsonObject& number(std::string_view key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  [[nodiscard]] std::string done() const { return out_ + "}"; }

 private:
  void name(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, key);
    out_ += ':';
  }
  std::string out_;
};

template <class Items, class Make>
std::string json_list(const Items& items, Make make) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += make(item);
  }
  return out + "]";
}

std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string blocker_json(std::string_view level, const Finding& finding) {
  JsonObject json;
  json.text("level", level).text("rule", finding.rule).text("message", finding.message).text_if("container", finding.container);
  json.text("path", finding.path).text_if("missing", finding.missing).text("file", finding.location.file);
  if (finding.location.line > 0) json.number("line", finding.location.line).number("column", finding.location.column);
  return json.done();
}

std::string object_json(const Object& object, const LevelReportOptions& options) {
  JsonObject json;
  json.text("doc", object.document).text("kind", object.identity.kind).text_if("namespace", object.identity.namespace_name).text("name", object.identity.name);
  if (object.is_skipped) return json.raw("skipped", "true").done();
  json.text("level", level_name(object.level())).text("version", options.version.text());
  json.raw("needs", json_list(object.blockers, [](const Blocker& one) { return blocker_json(level_name(one.level), one.finding); }));
  if (options.own) {
    JsonObject own;
    own.text("level", options.own->name).raw("met", object.own_blockers.empty() ? "true" : "false");
    own.raw("needs", json_list(object.own_blockers, [&](const Finding& one) { return blocker_json(options.own->name, one); }));
    json.raw("own", own.done());
  }
  return json.done();
}

std::string namespace_json(const std::string& name, const Namespace& one, const LevelReportOptions& options) {
  JsonObject json;
  json.text("namespace", name).text("level", level_name(one.level())).number("objects", one.objects);
  const HeldBack back = held_back(one);
  if (!back.objects.empty()) {
    json.raw("held_back_by", json_list(back.objects, [](const std::string& text) { return json_text(text); }));
    if (back.rest) json.text("without_them", level_name(*back.rest));
  }
  if (options.suggests_labels) {
    JsonObject labels;
    for (const auto& [label, value] : labels_for(one.level(), options.version)) labels.text(label, value);
    json.raw("labels", labels.done());
  }
  return json.done();
}

}  // namespace

struct LevelReport::Impl {
  explicit Impl(LevelReportOptions given) : options(std::move(given)) {
    for (const Level level : {Level::Baseline, Level::Restricted}) {
      for (const RuleInfo* rule : rules_of(level, options.version)) rules[static_cast<std::size_t>(level)].insert(rule->id);
    }
  }

  [[nodiscard]] Object judge(const Verdict& verdict, const Verdict* own) const;
  void count(const Object& object);

  [[nodiscard]] std::string escaped(std::string_view text) const { return escape_for_terminal(text, options.style.ascii); }
  [[nodiscard]] std::size_t width(std::string_view text) const {
    std::size_t columns = 0;
    for (const report::Cell& cell : report::cells(text, options.style.ascii)) columns += cell.width;
    return columns;
  }
  [[nodiscard]] std::string padded(std::string text, std::size_t columns) const {
    const std::size_t taken = width(text);
    if (taken < columns) text.append(columns - taken, ' ');
    return text;
  }
  [[nodiscard]] std::string level_cell(const Object& object) const;
  [[nodiscard]] std::string needs_text(const std::vector<const Finding*>& findings) const;
  [[nodiscard]] std::string own_line(const Object& object) const;
  [[nodiscard]] std::string object_lines() const;
  [[nodiscard]] std::string short_lines(const Object& object) const;
  [[nodiscard]] std::string namespace_lines() const;
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json(const LevelRunFacts& facts) const;

  LevelReportOptions options;
  std::array<std::set<std::string, std::less<>>, kLevelCount> rules;
  std::vector<Object> objects;  // of the formats that wait
  std::map<std::string, Namespace> namespaces;
  std::vector<std::pair<std::string, std::string>> errors;  // document and message
  std::size_t judged = 0;
  std::size_t below_own = 0;
  std::size_t skipped = 0;
  std::array<std::size_t, kLevelCount> meeting{};
  std::array<std::size_t, kLevelCount> at_level{};
};

Object LevelReport::Impl::judge(const Verdict& verdict, const Verdict* own) const {
  Object object;
  object.document = verdict.document;
  object.identity = verdict.object;
  object.is_skipped = verdict.pod_proof == PodProof::Absent;
  if (object.is_skipped) return object;
  for (const Level level : {Level::Baseline, Level::Restricted}) {
    const auto index = static_cast<std::size_t>(level);
    for (const Finding& finding : verdict.findings) {
      if (!rules[index].contains(finding.rule)) continue;
      object.met[index] = false;
      object.blockers.push_back({level, finding});
    }
  }
  if (own == nullptr || !options.own) return object;
  const auto of_level = [&](Level level, const std::string& id) { return rules[static_cast<std::size_t>(level)].contains(id); };
  for (const Finding& finding : own->findings) {
    const bool is_of_standards = of_level(Level::Baseline, finding.rule) || of_level(Level::Restricted, finding.rule);
    if (is_of_standards && !of_level(options.own->extends, finding.rule)) continue;
    if (finding.severity == FindingSeverity::Error && !finding.suppressed) object.own_blockers.push_back(finding);
  }
  return object;
}

void LevelReport::Impl::count(const Object& object) {
  if (object.is_skipped) {
    ++skipped;
    return;
  }
  ++judged;
  if (!object.own_blockers.empty()) ++below_own;
  ++at_level[static_cast<std::size_t>(object.level())];
  Namespace& one = namespaces[object.identity.namespace_name];
  ++one.objects;
  for (std::size_t i = 0; i < kLevelCount; ++i) {
    if (object.met[i]) ++meeting[i];
    one.met[i] = one.met[i] && object.met[i];
  }
  one.by_met[object.met].push_back(object_text(object.identity));
}

std::string LevelReport::Impl::level_cell(const Object& object) const {
  constexpr std::string_view kColors[] = {"\x1b[31m", "\x1b[33m", "\x1b[32m"};
  const std::string_view name = object.is_skipped ? std::string_view("-") : level_name(object.level());
  std::string cell(name);
  cell.append(kLevelColumns - name.size(), ' ');
  if (!options.style.color || object.is_skipped) return cell;
  return fmt::format("{}{}\x1b[0m", kColors[static_cast<std::size_t>(object.level())], cell);
}

// "PSS103 privileged "app" (web.yaml:19:13)", with commas between.
std::string LevelReport::Impl::needs_text(const std::vector<const Finding*>& findings) const {
  std::string text;
  for (const Finding* finding : findings) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", blocker_text(*finding), place_text(finding->location));
  }
  return escaped(text);
}

std::string LevelReport::Impl::own_line(const Object& object) const {
  std::vector<const Finding*> findings;
  for (const Finding& finding : object.own_blockers) findings.push_back(&finding);
  std::string line(kLevelColumns, ' ');
  line += findings.empty() ? "meets " + escaped(options.own->name) : escaped(options.own->name) + " needs: " + needs_text(findings);
  return line + "\n";
}

std::string LevelReport::Impl::object_lines() const {
  std::vector<std::string> names;
  std::size_t columns = 0;
  for (const Object& object : objects) {
    names.push_back(escaped(object_text(object.identity)));
    columns = std::max(columns, width(names.back()));
  }
  std::string out;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const Object& object = objects[i];
    if (object.is_skipped && options.style.quiet) continue;
    out += level_cell(object);
    const Level wanted = next(object.level());
    std::vector<const Finding*> needs;
    for (const Blocker& blocker : object.blockers) {
      if (!object.met[static_cast<std::size_t>(Level::Restricted)] && blocker.level == wanted) needs.push_back(&blocker.finding);
    }
    if (object.is_skipped) {
      out += padded(names[i], columns) + "    no pod spec\n";
    } else if (needs.empty()) {
      out += names[i] + "\n";
    } else {
      out += padded(names[i], columns) + "    " + padded(fmt::format("{} needs:", level_name(wanted)), 17) + " " + needs_text(needs) + "\n";
    }
    if (options.own && !object.is_skipped) out += own_line(object);
  }
  return out;
}

// One line for each thing in the way, to the strictest level, for grep and editors.
std::string LevelReport::Impl::short_lines(const Object& object) const {
  std::string out;
  const std::string name = object_text(object.identity);
  const auto add = [&](std::string_view level, const Finding& finding) {
    out += escaped(fmt::format("{}: {} needs {}: {} ({})", place_text(finding.location), level, blocker_text(finding), finding.message, name));
    out += '\n';
  };
  for (const Blocker& blocker : object.blockers) add(level_name(blocker.level), blocker.finding);
  for (const Finding& finding : object.own_blockers) add(options.own->name, finding);
  return out;
}

std::string LevelReport::Impl::namespace_lines() const {
  std::string out;
  for (const auto& [name, one] : namespaces) {
    const std::string_view level = level_name(one.level());
    out += name.empty() ? fmt::format("objects without a namespace meet: {}", level) : fmt::format("namespace {} meets: {}", escaped(name), level);
    const HeldBack back = held_back(one);
    if (!back.objects.empty()) {
      out += fmt::format(" (held back by {} of {} object{}", back.objects.size(), one.objects, one.objects == 1 ? "" : "s");
      if (back.rest) {
        std::string names;
        for (std::size_t i = 0; i < std::min(back.objects.size(), kMostNames); ++i) names += (i > 0 ? ", " : "") + escaped(back.objects[i]);
        if (back.objects.size() > kMostNames) names += fmt::format(" and {} more", back.objects.size() - kMostNames);
        out += fmt::format("; without {}: {}", names, level_name(*back.rest));
      }
      out += ')';
    }
    out += '\n';
    if (!options.suggests_labels) continue;
    if (!name.empty() && !is_namespace_name(name)) {
      out += "  no labels are suggested: that is no name of a namespace\n";
      continue;
    }
    out += fmt::format("  kubectl label ns {}", name.empty() ? std::string("NAMESPACE") : name);
    for (const auto& [label, value] : labels_for(one.level(), options.version)) out += fmt::format(" {}={}", label, value);
    out += '\n';
  }
  return out;
}

std::string LevelReport::Impl::table() const {
  std::vector<std::vector<std::string>> rows{{"OBJECT", "FILE", "LEVEL", "BASELINE", "RESTRICTED"}};
  if (options.own) rows.front().push_back(escaped(options.own->name));
  for (const Object& object : objects) {
    const auto cell = [&](Level level) { return object.is_skipped ? std::string("-") : std::to_string(object.count(level)); };
    rows.push_back({escaped(object_text(object.identity)), escaped(object.document), object.is_skipped ? std::string("-") : std::string(level_name(object.level())),
                    cell(Level::Baseline), cell(Level::Restricted)});
    if (options.own) rows.back().push_back(object.is_skipped ? std::string("-") : std::to_string(object.own_blockers.size()));
  }
  std::vector<std::size_t> columns(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) columns[i] = std::max(columns[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 ? "  " : "") + padded(row[i], columns[i]);
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out + fmt::format("total {} object{}: {} restricted, {} baseline, {} privileged; {} without a pod spec\n", judged, judged == 1 ? "" : "s",
                           at_level[2], at_level[1], at_level[0], skipped);
}

std::string LevelReport::Impl::json(const LevelRunFacts& facts) const {
  JsonObject out;
  out.text("version", options.version.text());
  if (options.shows_objects) out.raw("objects", json_list(objects, [&](const Object& object) { return object_json(object, options); }));
  if (options.shows_namespaces) {
    out.raw("namespaces", json_list(namespaces, [&](const auto& one) { return namespace_json(one.first, one.second, options); }));
  }
  out.raw("errors", json_list(errors, [](const auto& one) { return JsonObject().text("doc", one.first).text("message", one.second).done(); }));
  JsonObject summary;
  summary.number("files", facts.files).number("files_not_manifests", facts.files_not_manifests).number("objects", judged).number("skipped", skipped);
  for (const Level level : {Level::Privileged, Level::Baseline, Level::Restricted}) summary.number(level_name(level), at_level[static_cast<std::size_t>(level)]);
  summary.number("errors", errors.size()).number("exit_code", static_cast<std::uint64_t>(facts.exit_code));
  return indent_json(out.raw("summary", summary.done()).done());
}

LevelReport::LevelReport(LevelReportOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
LevelReport::~LevelReport() = default;

std::string LevelReport::add(const Verdict& verdict, const Verdict* own) {
  if (verdict.status == Status::Error) {
    impl_->errors.emplace_back(verdict.document, verdict.errors != nullptr && !verdict.errors->empty() ? std::string((*verdict.errors)[0].message) : std::string());
    return {};
  }
  Object object = impl_->judge(verdict, own);
  impl_->count(object);
  if (!impl_->options.shows_objects) return {};
  switch (impl_->options.format) {
    case LevelFormat::Short: return impl_->short_lines(object);
    case LevelFormat::JsonLines: return object_json(object, impl_->options) + "\n";
    case LevelFormat::Text:
    case LevelFormat::Json:
    case LevelFormat::Table: break;
  }
  impl_->objects.push_back(std::move(object));
  return {};
}

std::string LevelReport::finish(const LevelRunFacts& facts) {
  const LevelReportOptions& options = impl_->options;
  const auto namespaces = [&] { return options.shows_namespaces ? impl_->namespace_lines() : std::string(); };
  switch (options.format) {
    case LevelFormat::Text: return impl_->object_lines() + namespaces();
    case LevelFormat::Short: return namespaces();
    case LevelFormat::Table: return (options.shows_objects ? impl_->table() : std::string()) + (options.shows_objects && !options.suggests_labels ? std::string() : namespaces());
    case LevelFormat::Json: return impl_->json(facts);
    case LevelFormat::JsonLines: break;
  }
  std::string out;
  if (!options.shows_namespaces || (options.shows_objects && !options.suggests_labels)) return out;
  for (const auto& [name, one] : impl_->namespaces) out += namespace_json(name, one, options) + "\n";
  return out;
}

std::size_t LevelReport::judged() const { return impl_->judged; }
std::size_t LevelReport::skipped() const { return impl_->skipped; }
std::size_t LevelReport::below(Level level) const { return impl_->judged - impl_->meeting[static_cast<std::size_t>(level)]; }

std::size_t LevelReport::below_own() const { return impl_->below_own; }

// --- Lines of --all-versions -----------------------------------------------------------------------------------------------

std::string level_line(const LevelVerdict& verdict, const LevelAnswer& answer, std::string_view version) {
  JsonObject json;
  json.text("doc", verdict.document).text("kind", verdict.verdict.object.kind).text_if("namespace", verdict.verdict.object.namespace_name).text("name", verdict.name);
  json.text("level", level_name(answer.level)).text("version", version).raw("allowed", answer.is_allowed ? "true" : "false");
  return json.text("reason", answer.reason).text("detail", answer.detail).done();
}

std::string level_error_line(const LevelVerdict& verdict) {
  JsonObject json;
  json.text("doc", verdict.document).text_if("kind", verdict.verdict.object.kind);
  const DiagnosticList* errors = verdict.verdict.errors.get();
  std::string message = "nothing is known of it";
  if (errors != nullptr && !errors->empty()) {
    const DiagnosticView first = (*errors)[0];
    message = first.line > 0 ? fmt::format("{}:{}:{}: {}", first.file, first.line, first.column, first.message) : std::string(first.message);
  }
  return json.text("error", message).done();
}

}  // namespace psdl::tools
