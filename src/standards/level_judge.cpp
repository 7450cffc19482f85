// Levels asked about documents, in Kubernetes' own words. In: documents; out: of each the answers of one level, or of both at every revision.
//
// All questions go through rules/pss/level.psdl. What asks them is a rule that always finds something: its details are the answers. One program answers for
// all revisions, with the settings put in by `with`: a document is read once, and nothing is compiled 26 times.
#include <fmt/format.h>

#include "base/assert.hpp"
#include "codec/reader.hpp"
#include "psdl/standards.hpp"
#include "standards/rule_files.hpp"

namespace psdl {
namespace {

constexpr std::string_view kAskOne = R"(package psdl_level

import data.pss.level

warn contains {"msg": "answers", "details": {"name": name, "answers": [answer]}}

answer := object.union(
	data.psdl.settings.pod_security,
	{"allowed": level.allowed, "reason": level.reason, "detail": level.detail},
)

default name := ""

name := input.metadata.name if input.metadata.name != null
)";

constexpr std::string_view kAskAll = R"(package psdl_level

import data.pss.level

warn contains {"msg": "answers", "details": {"name": name, "answers": answers}}

answers := [answer |
	some question in data.psdl_level_questions
	answer := object.union(
		question,
		{"allowed": level.allowed, "reason": level.reason, "detail": level.detail},
	) with data.psdl.settings.pod_security as question
]

default name := ""

name := input.metadata.name if input.metadata.name != null
)";

void add_rules(PolicyBuilder& builder, std::string_view question) {
  for (const RuleFile& file : rule_files()) {
    if (file.name.starts_with("rules/pss/")) builder.add_source(file.name, file.text, {}, Dialect::Psdl);
  }
  builder.add_source("psdl_level.psdl", question, "psdl_level.psdl", Dialect::Psdl);
}

EngineOptions lean(EngineOptions options) {
  options.whole_stdlib = false;
  return options;
}

// Many questions in one evaluation have the limits of many evaluations.
void raise_limits(EngineOptions& options, std::size_t questions) {
  for (const LimitInfo& limit : limits()) {
    if (limit.name != "instructions" && limit.name != "time_ns") continue;
    std::uint64_t amount = limit.value;
    for (const auto& [name, given] : options.limits) {
      if (name == limit.name) amount = given;
    }
    options.limits.emplace_back(limit.name, amount > limit.most / questions ? limit.most : amount * questions);
  }
}

std::string questions_json(bool admission) {
  std::string text = "[";
  for (const Level level : {Level::Baseline, Level::Restricted}) {
    for (const std::uint32_t minor : standard_revisions()) {
      if (text.size() > 1) text += ',';
      text += settings_json(level, minor, admission);
    }
  }
  return text + "]";
}

std::string_view text_of(const Object& object, std::string_view key) {
  const Value* value = object.find_text(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

// "pod.yaml#0" where the engine leaves out the number of a file's only document.
std::string numbered(const Verdict& verdict, std::string_view file, std::uint32_t ordinal) {
  return verdict.document == file ? fmt::format("{}#{}", file, ordinal) : verdict.document;
}

}  // namespace

struct LevelJudge::Impl {
  explicit Impl(const Policy& policy) : evaluator(policy) { set_options({}); }

  void set_options(EvaluateOptions options) {
    options.judges_pods = true;
    options.wants_containers = false;  // an answer for all that Kubernetes' reader takes: its checks come before its validation has a word
    options.locates = false;
    evaluator.set_options(options);
  }

  [[nodiscard]] std::function<bool(const Verdict&)> through(std::string_view file, const Each& each) {
    return [this, file, &each, next = std::uint32_t{0}](const Verdict& verdict) mutable {
      // What could not be read has no number of its own: it is the next one.
      const bool is_read =
          verdict.document != file || !verdict.object.kind.empty() || verdict.status != Status::Error;
      const std::uint32_t ordinal = is_read ? verdict.object.document : next;
      next = ordinal + 1;
      answers.clear();
      std::string name;
      if (verdict.pod_proof != PodProof::Absent && !verdict.findings.empty()) take(verdict.findings.front().details_json, name);
      return each({verdict, numbered(verdict, file, ordinal), name, answers});
    };
  }

  void take(std::string_view details, std::string& name) {
    arena.reset();
    const Result<Value> read = read_value_json(arena, details, ReadRules::opa(), Limits());
    PSDL_ASSERT(read.has_value());
    const Object& object = read->as_object();
    name = text_of(object, "name");
    for (const Value& one : object.find_text("answers")->as_array()) {
      const Object& fields = one.as_object();
      LevelAnswer answer;
      answer.level = text_of(fields, "level") == level_name(Level::Baseline) ? Level::Baseline : text_of(fields, "level") == level_name(Level::Restricted) ? Level::Restricted : Level::Privileged;
      answer.minor = static_cast<std::uint32_t>(fields.find_text("version")->as_int());
      answer.is_allowed = fields.find_text("allowed")->is_true();
      answer.reason = text_of(fields, "reason");
      answer.detail = text_of(fields, "detail");
      answers.push_back(std::move(answer));
    }
  }

  Evaluator evaluator;
  Arena arena;
  std::vector<LevelAnswer> answers;
};

LevelJudge::LevelJudge(bool admission, const EngineOptions& options, DiagnosticList& problems) {
  EngineOptions raised = lean(options);
  raise_limits(raised, 2 * standard_revisions().size());
  PolicyBuilder builder(raised);
  add_rules(builder, kAskAll);
  builder.add_data("questions", questions_json(admission), DocumentFormat::Json, {"psdl_level_questions"});
  if (const Policy policy = builder.build(problems)) impl_ = std::make_unique<Impl>(policy);
}

LevelJudge::LevelJudge(Level level, const StandardVersion& version, bool admission, const EngineOptions& options, DiagnosticList& problems) {
  PolicyBuilder builder(lean(options));
  add_rules(builder, kAskOne);
  builder.add_known("settings", settings_json(level, version.evaluated_minor(), admission), DocumentFormat::Json, {"data", "psdl", "settings", "pod_security"});
  if (const Policy policy = builder.build(problems)) impl_ = std::make_unique<Impl>(policy);
}

LevelJudge::~LevelJudge() = default;
LevelJudge::LevelJudge(LevelJudge&&) noexcept = default;

void LevelJudge::set_options(const EvaluateOptions& options) { impl_->set_options(options); }

std::size_t LevelJudge::evaluate(const InputStream& input, DocumentFormat format, std::string_view name, const Each& each) {
  return impl_->evaluator.evaluate(input, format, name, impl_->through(name, each));
}

std::size_t LevelJudge::evaluate(std::string_view bytes, DocumentFormat format, std::string_view name, const Each& each) {
  return impl_->evaluator.evaluate(bytes, format, name, impl_->through(name, each));
}

}  // namespace psdl
