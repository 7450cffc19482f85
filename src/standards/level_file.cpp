// Level files, read as strictly as psdl.yaml.
#include "psdl/level_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/problem.hpp"
#include "standards/rule_files.hpp"
#include "triage/config_text.hpp"
#include "triage/exceptions.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

using triage::ConfigText;
using triage::Written;

constexpr std::string_view kKeys[] = {"extends", "name", "kubeVersion", "packs", "extra", "rules", "parameters", "exceptions"};
constexpr std::string_view kSeverities[] = {"error", "warning", "note", "off"};

// "team.yaml" of "levels/team.yaml" is "team".
std::string name_of(std::string_view file) {
  file = file.substr(file.rfind('/') + 1);
  const std::size_t dot = file.rfind('.');
  return std::string(dot == std::string_view::npos || dot == 0 ? file : file.substr(0, dot));
}

class LevelFileReader {
 public:
  LevelFileReader(std::string_view file, std::string_view text, DiagnosticList& problems) : config_(file, text, problems), problems_(problems) {
    level_.file = file;
    level_.name = name_of(file);
  }

  std::optional<LevelFile> run() {
    const std::size_t before = problems_.error_count();
    if (!config_.is_read()) return {};
    const Object* fields = config_.object(config_.root(), "a level file");
    if (fields == nullptr) return {};
    config_.check_keys(*fields, kKeys, "a level file");
    take_extends(*fields);
    take_version(*fields);
    if (const Value* name = fields->find_text("name")) {
      if (auto written = config_.scalar(*name, "name")) level_.name = written->value;
    }
    if (const Value* packs = fields->find_text("packs")) {
      if (auto written = config_.scalars(*packs, "packs")) level_.packs = std::move(*written);
    }
    if (const Value* extra = fields->find_text("extra")) take_extra(*extra);
    if (const Value* rules = fields->find_text("rules")) take_rules(*rules);
    if (const Value* parameters = fields->find_text("parameters")) {
      if (const Object* by_rule = config_.object(*parameters, "`parameters`")) {
        level_.parameters = config_.parameters(*by_rule);
        level_.parameters_json = to_json(*parameters);
      }
    }
    if (const Value* exceptions = fields->find_text("exceptions")) triage::take_exceptions(config_, *exceptions, level_.exceptions, problems_);
    if (problems_.error_count() > before) return {};
    return std::move(level_);
  }

 private:
  // What a parser of one text found, at the place where that text stands.
  void tell(const DiagnosticList& found, const Value& at) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].is_error) {
        config_.error(found[i].code, found[i].message, at, help_of(found, i));
      } else {
        triage::add_problem(problems_, false, found[i].code, found[i].message, config_.place_of_field(at));
      }
    }
  }
  static std::string help_of(const DiagnosticList& found, std::size_t i) {
    const std::vector<std::string>& help = found.impl().items[i].help;
    return help.empty() ? std::string() : help.front();
  }

  void take_extends(const Object& fields) {
    const Value* extends = fields.find_text("extends");
    if (extends == nullptr) {
      config_.error("bad_setting", "a level file says what it extends: privileged, baseline or restricted", config_.root());
      return;
    }
    const auto written = config_.scalar(*extends, "extends");
    if (!written) return;
    DiagnosticList found;
    if (const std::optional<Level> level = parse_level(written->value, found)) level_.extends = *level;
    tell(found, *extends);
  }

  void take_version(const Object& fields) {
    const Value* version = fields.find_text("kubeVersion");
    if (version == nullptr) return;
    const auto written = config_.scalar(*version, "kubeVersion");
    if (!written) return;
    DiagnosticList found;
    level_.version = StandardVersion::parse(written->value, found);
    tell(found, *version);
  }

  void take_extra(const Value& list) {
    auto written = config_.scalars(list, "extra");
    if (!written) return;
    std::vector<std::string_view> known;
    for (const RuleInfo& rule : shipped_rules()) {
      if (rule.level.empty()) known.push_back(rule.id);
    }
    for (Written& one : *written) {
      if (std::find(known.begin(), known.end(), one.value) == known.end()) {
        triage::add_problem(problems_, true, "bad_rule_id", fmt::format("there is no extra rule `{}`{}", one.value, triage::did_you_mean(triage::likely(one.value, known))),
                            one.place);
      } else {
        level_.extra.push_back(std::move(one.value));
      }
    }
  }

  void take_rules(const Value& value) {
    const Object* rules = config_.object(value, "`rules`");
    for (std::uint32_t i = 0; rules != nullptr && i < rules->size(); ++i) {
      const Value& severity = rules->values()[i];
      const std::string id(rules->keys()[i].as_string());
      std::optional<Written> word = config_.scalar(severity, id);
      if (!word) continue;
      if (severity.is_false()) word->value = "off";  // YAML's `off`
      if (std::find(std::begin(kSeverities), std::end(kSeverities), word->value) == std::end(kSeverities)) {
        config_.error("bad_setting", fmt::format("a rule is of severity error, warning or note, or off, not `{}`{}", word->value,
                                                 triage::did_you_mean(triage::likely(word->value, kSeverities))),
                      severity);
        continue;
      }
      level_.rules.push_back({id, word->value, config_.place_of_field(severity)});
    }
  }

  ConfigText config_;
  DiagnosticList& problems_;
  LevelFile level_;
};

}  // namespace

std::vector<std::string> LevelFile::without() const {
  std::vector<std::string> ids;
  for (const triage::RuleSetting& rule : rules) {
    const bool is_of_standards = std::any_of(shipped_rules().begin(), shipped_rules().end(), [&](const RuleInfo& info) { return info.id == rule.rule && !info.level.empty(); });
    if (rule.severity == "off" && is_of_standards) ids.push_back(rule.rule);
  }
  return ids;
}

bool names_level_file(std::string_view text) { return text.find_first_of("./") != std::string_view::npos; }

std::optional<LevelFile> read_level_file(std::string_view file, std::string_view text, DiagnosticList& problems) { return LevelFileReader(file, text, problems).run(); }

bool add_level_file(PolicyBuilder& builder, const LevelFile& level, const StandardVersion& version, bool admission, DiagnosticList& problems) {
  StandardOptions options;
  options.level = level.extends;
  options.version = level.version.value_or(version);
  options.admission = admission;
  options.without = level.without();
  if (!add_standard(builder, options, problems) || !add_extra(builder, level.extra, problems)) return false;
  if (!level.parameters_json.empty()) builder.add_data(level.file, level.parameters_json, DocumentFormat::Json, {"psdl", "parameters"});
  return true;
}

}  // namespace psdl
