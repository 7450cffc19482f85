// The verb `template` of `psdl pipe`. In: texts of templates, constraints and objects; out: what `psdl template test`
// finds in each object.
#include <fmt/format.h>

#include <memory>

#include "codec/reader.hpp"
#include "engine/policy.hpp"
#include "gatekeeper/json_members.hpp"
#include "psdl/tools/gator.hpp"
#include "psdl/tools/inspect.hpp"
#include "psdl/tools/report.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

using gatekeeper::json_list;
using gatekeeper::JsonMembers;

constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // of a request: its host is trusted with its own memory

std::string finding_json(const Finding& finding) {
  JsonMembers json;
  json.text("constraint", finding.rule).text("severity", severity_word(finding.severity));
  json.text("message", finding.message);
  json.raw("details", finding.details_json.empty() ? "{}" : finding.details_json);
  json.text("path", finding.path).text_if("missing", finding.missing).text_if("container", finding.container);
  JsonMembers location;
  location.text("file", finding.location.file);
  if (finding.location.line > 0)
    location.number("line", finding.location.line).number("column", finding.location.column);
  JsonMembers source;
  source.text("file", finding.source_file).number("line", finding.source_line);
  return json.raw("location", location.done()).raw("source", source.done()).done();
}

std::string verdict_json(const Verdict& verdict) {
  JsonMembers json;
  json.text("doc", verdict.document).text("kind", verdict.object.kind).text("name", verdict.object.name);
  json.text_if("namespace", verdict.object.namespace_name);
  if (verdict.status == Status::Error && verdict.errors != nullptr)
    return json.raw("errors", diagnostics_array_json(*verdict.errors, true)).done();
  json.raw("findings", json_list(verdict.findings, finding_json)).text_if("printed", verdict.printed);
  return json.done();
}

class TemplateVerb {
 public:
  explicit TemplateVerb(EngineOptions options) : options_(std::move(options)) {}

  Pipe::VerbAnswer answer(std::string_view request) const {
    Arena arena;
    Limits limits;
    limits.data_bytes = limits.object_bytes = kMostBytes;
    const Result<Value> read = read_value_json(arena, request, ReadRules::opa(), limits);
    if (!read || !read->is_object()) return {{}, "the line is no JSON object"};  // the pipe has read it before
    const Object& fields = read->as_object();
    GatekeeperOptions how;
    how.engine = options_;
    how.now_ns = clock_ns();
    std::string wrong;
    how.prints = flag(fields, "prints", wrong);
    const bool denies_only = flag(fields, "deny_only", wrong);
    ObjectReview review(how);
    DiagnosticList problems;
    add_texts(fields, "files", false, review, problems, wrong);
    add_texts(fields, "inventory", true, review, problems, wrong);
    if (wrong.empty() && fields.find_text("files") == nullptr) wrong = "field `files` is missing";
    if (!wrong.empty()) return {{}, wrong};
    static_cast<void>(review.load(problems));
    std::string results;
    review.review(denies_only, [&](const Verdict& verdict, const std::string&) {
      results += (results.empty() ? "" : ",") + verdict_json(verdict);
    });
    std::string members;
    if (!problems.empty()) members = fmt::format("\"errors\":{},", diagnostics_array_json(problems, true));
    return {members + fmt::format("\"results\":[{}]", results), {}};
  }

 private:
  static bool flag(const Object& fields, std::string_view name, std::string& wrong) {
    const Value* value = fields.find_text(name);
    if (value == nullptr || value->is_null()) return false;
    if (!value->is_boolean()) wrong = fmt::format("field `{}` must be true or false", name);
    return value->is_true();
  }

  // In order of their names.
  static void add_texts(const Object& fields, std::string_view name, bool is_known_alone, ObjectReview& review,
                        DiagnosticList& problems, std::string& wrong) {
    const Value* texts = fields.find_text(name);
    if (texts == nullptr || texts->is_null()) return;
    const std::string refusal = fmt::format("field `{}` must be an object of texts", name);
    if (!texts->is_object()) {
      wrong = refusal;
      return;
    }
    const Object& all = texts->as_object();
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      const Value& text = all.values()[i];
      if (!text.is_string()) {
        wrong = refusal;
        return;
      }
      const NamedText file{std::string(all.keys()[i].as_string()), std::string(text.as_string())};
      static_cast<void>(review.add(file, is_known_alone, problems));
    }
  }

  EngineOptions options_;
};

}  // namespace

void add_template_verb(Pipe& pipe, const EngineOptions& options) {
  auto verb = std::make_shared<const TemplateVerb>(options);
  pipe.add_verb("template", [verb](std::string_view request) { return verb->answer(request); });
}

}  // namespace psdl::tools
