// The verb `level` of `psdl pipe`. In: a document's text, a level, a version; out: a result for each object of it.
#include <fmt/format.h>

#include <map>
#include <tuple>

#include "codec/reader.hpp"
#include "psdl/tools/levels.hpp"
#include "value/value.hpp"

namespace psdl::tools {
namespace {

// The revision whose rules a version has: versions in between are judged alike.
std::uint32_t revision_of(const StandardVersion& version) {
  std::uint32_t revision = 0;
  for (const std::uint32_t minor : standard_revisions()) {
    if (minor <= version.evaluated_minor()) revision = minor;
  }
  return revision;
}

class LevelVerb {
 public:
  explicit LevelVerb(const EngineOptions& options) : options_(options) {}

  Pipe::VerbAnswer answer(std::string_view request) {
    arena_.reset();
    Limits limits;
    limits.data_bytes = limits.object_bytes = kMostBytes;
    const Result<Value> read = read_value_json(arena_, request, ReadRules::opa(), limits);
    if (!read || !read->is_object()) return {{}, "the line is no JSON object"};  // the pipe has read it before
    const Object& fields = read->as_object();
    std::string wrong;
    const auto text = [&](std::string_view name, std::string_view absent, bool is_required) {
      const Value* value = fields.find_text(name);
      if (value != nullptr && value->is_string()) return value->as_string();
      if (value != nullptr ? !value->is_null() : is_required) wrong = fmt::format("field `{}` must be a string", name);
      return absent;
    };
    const std::string_view document = text("document", {}, true);
    const std::string_view level_text = text("level", "restricted", false);
    const std::string_view version_text = text("version", "latest", false);
    const std::string_view name = text("name", "document", false);
    const Value* raw = fields.find_text("raw");
    if (raw != nullptr && !raw->is_boolean() && !raw->is_null()) wrong = "field `raw` must be true or false";
    if (!wrong.empty()) return {{}, wrong};

    DiagnosticList problems;
    const std::optional<Level> level = parse_level(level_text, problems);
    const std::optional<StandardVersion> version = StandardVersion::parse(version_text, problems);
    if (!level || !version) return {errors(problems), {}};
    LevelJudge* judge = judge_of(*level, *version, raw != nullptr && raw->is_true(), problems);
    if (judge == nullptr) return {errors(problems), {}};
    std::string results;
    judge->evaluate(document, DocumentFormat::Yaml, name, [&](const LevelVerdict& verdict) {
      const bool is_error = verdict.verdict.status == Status::Error;
      if (is_error || !verdict.answers.empty()) {
        if (!results.empty()) results += ',';
        results += is_error ? level_error_line(verdict) : level_line(verdict, verdict.answers.front(), version_text);
      }
      return true;
    });
    return {"\"results\":[" + results + "]", {}};
  }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30;

  static std::string errors(const DiagnosticList& problems) { return "\"errors\":" + diagnostics_array_json(problems, true); }

  LevelJudge* judge_of(Level level, const StandardVersion& version, bool raw, DiagnosticList& problems) {
    const std::uint32_t revision = revision_of(version);
    const std::tuple<Level, std::uint32_t, bool> key{level, revision, raw};
    auto found = judges_.find(key);
    if (found == judges_.end()) {
      LevelJudge made(level, StandardVersion::of_minor(revision), !raw, options_, problems);
      if (!made.is_ready()) return nullptr;
      found = judges_.emplace(key, std::move(made)).first;
    }
    return &found->second;
  }

  EngineOptions options_;
  Arena arena_;
  std::map<std::tuple<Level, std::uint32_t, bool>, LevelJudge> judges_;
};

}  // namespace

void add_level_verb(Pipe& pipe, const EngineOptions& options) {
  auto verb = std::make_shared<LevelVerb>(options);
  pipe.add_verb("level", [verb](std::string_view request) { return verb->answer(request); });
}

}  // namespace psdl::tools
