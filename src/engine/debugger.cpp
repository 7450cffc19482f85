// The debugger over a policy. In: a policy, a document, queries; out: answers and stops. What a stop evaluates is a query of its own, over the same rules,
// that reads the frame's vars from a document beside the data.
#include "psdl/tools/debugger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "compiler/plan_rules.hpp"
#include "debug/debugger.hpp"
#include "debug/why_words.hpp"
#include "engine/evaluator.hpp"
#include "engine/loaded_input.hpp"
#include "runtime/pointer.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

namespace psdl::tools {
namespace {

constexpr std::string_view kFrame = "$frame";  // below `data`; no package can have that name
constexpr std::size_t kShownBytes = 200;       // of a value in a happening

bool is_word(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Whether the text holds the name as a word that is no step of a path. A word inside of a string counts too; then a var is passed that nobody reads.
bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const bool begins = at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.');
    const std::size_t end = at + name.size();
    if (begins && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

std::string package_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos || !path.starts_with("data.") || dot < 5 ? std::string() : std::string(path.substr(0, dot));
}

DebugPlace place_of(Span span, const Program& program) {
  const WhyPlace place = debug::place_in_rules(span, program);
  return {place.file, place.line, place.column};
}

std::string_view outcome_word(debug::Failure failure) {
  switch (failure) {
    case debug::Failure::Undefined: return "undefined";
    case debug::Failure::Error: return "error";
    case debug::Failure::NoCollection: return "undefined";
    case debug::Failure::None:
    case debug::Failure::False:
    case debug::Failure::Exhausted:
    case debug::Failure::Inner: return "false";
  }
  return "false";
}

bool is_file_named(std::string_view file, std::string_view named) {
  return file == named || (file.size() > named.size() && file.ends_with(named) && file[file.size() - named.size() - 1] == '/');
}

// "draft.psdl:5"; nothing where it ends in no number. What is larger than any line is line 0, where nothing stands either.
struct LineOfFile {
  std::string_view file;
  std::uint32_t line = 0;
};
std::optional<LineOfFile> line_of_file(std::string_view where) {
  const std::size_t colon = where.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  LineOfFile made{where.substr(0, colon)};
  const std::string_view digits = where.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), made.line);
  if (error == std::errc::invalid_argument || end != digits.data() + digits.size()) return std::nullopt;
  if (error != std::errc()) made.line = 0;
  return made;
}

// Whether it stands somewhere in this program.
bool place_breakpoint(std::string_view where, const Program& program, const DebugInfo& info, debug::Breakpoint& made) {
  if (const std::optional<LineOfFile> line = line_of_file(where)) {
    bool is_placed = false;
    for (std::uint32_t source = 0; source < program.sources.size(); ++source) {
      if (program.sources[source]->name().empty() || !is_file_named(program.sources[source]->name(), line->file)) continue;
      is_placed = debug::place_on_line(program, info, source, line->line, made) || is_placed;
    }
    return is_placed;
  }
  return debug::place_on_rule(program, where.starts_with("data.") ? std::string(where) : "data." + std::string(where), made);
}

}  // namespace

struct Debugger::Impl {
  std::shared_ptr<const Policy::Impl> policy;
  Policy handle;
  Evaluator::Impl evaluator;
  ValueForm form = ValueForm::Rego;
  std::size_t most_bytes = SIZE_MAX;
  std::vector<DebugBreakpoint> breakpoints;
  std::uint32_t last_number = 0;
  Arena arena;
  Arena frame_arena;
  LoadedInput loaded;

  // Queries at stops, by their whole text and package.
  struct FrameQuery {
    Query query;
    std::shared_ptr<const Program> program;
    DiagnosticList problems;
  };
  std::map<std::string, FrameQuery> frame_queries;

  Impl(const Policy& of, const EvaluateOptions& options) : policy(of.impl()), handle(of), evaluator(policy) {
    evaluator.options = options;
    arena.set_limit(policy->limits.memory_bytes);
    frame_arena.set_limit(policy->limits.memory_bytes);
  }

  [[nodiscard]] std::string shown(const Value& value) const {
    std::string made;
    const std::size_t most = std::min<std::size_t>(most_bytes, policy->limits.memory_bytes);
    const JsonStyle style{false, form == ValueForm::PrettyJson ? 2 : 0};
    const bool is_whole = form == ValueForm::Rego ? append_rego_within(made, most, value) : append_json_within(made, most, value, style);
    if (is_whole && made.size() <= most) return made;
    std::size_t cut = std::min(made.size(), most);
    while (cut > 0 && (static_cast<unsigned char>(made[cut]) & 0xC0U) == 0x80U) --cut;
    made.resize(cut);
    return made + " ..";
  }

  [[nodiscard]] RunRequest request_on(Arena& of, const Value& input) {
    RunRequest request;
    request.input = policy->knows_input() ? policy->whole_input(of, input) : input;
    request.data = policy->snapshot()->root;
    const EvaluateOptions now = evaluator.options_now();
    request.facts.now_ns = *now.now_ns;
    request.facts.seed = now.seed;
    request.cancel = &evaluator.cancelled;
    return request;
  }

  // Rows are [bindings, values].
  void take_rows(const Value& rows, DebugAnswer& answer) const {
    if (!rows.is_array()) return;
    for (const Value& row : rows.as_array()) {
      DebugRow made;
      const Object& bindings = row.as_array()[0].as_object();
      for (std::size_t i = 0; i < bindings.size(); ++i) made.bindings.emplace_back(bindings.keys()[i].as_string(), shown(bindings.values()[i]));
      for (const Value& value : row.as_array()[1].as_array()) made.values.push_back(shown(value));
      answer.rows.push_back(std::move(made));
    }
  }

  void take_error(const EvalError& error, const Program& program, DiagnosticList& errors) const { errors.impl().items.push_back(evaluation_problem(error, program, {})); }

  [[nodiscard]] std::vector<debug::Breakpoint> placed_in(const Program& program, const DebugInfo& info) const {
    std::vector<debug::Breakpoint> placed;
    for (const DebugBreakpoint& one : breakpoints) {
      debug::Breakpoint made;
      made.number = one.number;
      made.is_conditional = !one.condition.empty();
      if (place_breakpoint(one.where, program, info, made)) placed.push_back(std::move(made));
    }
    return placed;
  }

  [[nodiscard]] const FrameQuery& frame_query(const std::string& asked, const std::string& package) {
    const auto [at, is_new] = frame_queries.try_emplace(package + "\n" + asked);
    FrameQuery& made = at->second;
    if (!is_new) return made;
    made.query = prepare_query(handle, asked, made.problems, package);
    if (!made.query && !package.empty()) {
      // A query's own frame has no package.
      DiagnosticList again;
      if (Query other = prepare_query(handle, asked, again)) made.query = std::move(other);
    }
    if (made.query) made.program = make_program(*made.query.impl()->plan, false, policy->keys());
    return made;
  }

  [[nodiscard]] DebugValue evaluate(const debug::Inspector& at, std::size_t outwards, std::string_view asked);
};

// An evaluation that stands still.
struct DebugStop::Impl {
  Debugger::Impl& debugger;
  const debug::Inspector& at;
};

DebugValue Debugger::Impl::evaluate(const debug::Inspector& at, std::size_t outwards, std::string_view asked) {
  frame_arena.reset();
  std::string query_text;
  ObjectBuilder vars(frame_arena);
  std::vector<debug::Variable> seen = at.vars(outwards);
  for (std::size_t i = seen.size(); i-- > 0;) {
    const auto later = [&](const debug::Variable& other) { return other.name == seen[i].name; };
    if (!mentions(asked, seen[i].name) || std::any_of(seen.begin() + static_cast<std::ptrdiff_t>(i) + 1, seen.end(), later)) continue;
    query_text += fmt::format("{} := data[\"{}\"].{}; ", seen[i].name, kFrame, seen[i].name);
    vars.add(Value::string(frame_arena.copy(seen[i].name)), seen[i].value);
  }
  const std::size_t own_expressions = vars.size();
  query_text += asked;
  DebugValue made;
  const FrameQuery& query = frame_query(query_text, package_of(at.program().functions[at.frame(outwards).function].path));
  if (!query.query) {
    made.errors = query.problems;
    return made;
  }
  ObjectBuilder data(frame_arena);
  const Value base = at.data();
  if (base.is_object()) {
    for (std::size_t i = 0; i < base.as_object().size(); ++i) data.add(base.as_object().keys()[i], base.as_object().values()[i]);
  }
  data.add(Value::string(kFrame), vars.finish());
  RunRequest request = request_on(frame_arena, at.input());
  request.function = query.program->find_function(kQueryFunction);
  request.data = data.finish();
  Machine machine(query.program, policy->limits);
  const Outcome outcome = machine.run(frame_arena, request);
  if (outcome.halt) {
    made.is_ended = outcome.halt->code == EvalCode::Cancelled;
    take_error(*outcome.halt, *query.program, made.errors);
    return made;
  }
  if (!outcome.value.is_array() || outcome.value.as_array().empty()) return made;
  made.is_defined = true;
  ArrayBuilder all(frame_arena);
  for (const Value& row : outcome.value.as_array()) {
    const std::span<const Value> values = row.as_array()[1].as_array();
    all.add(values.size() > own_expressions ? values.back() : Value::boolean(true));
  }
  made.text = shown(all.size() == 1 ? all.items()[0] : all.finish());
  return made;
}

std::vector<DebugVariable> DebugStop::locals(std::size_t outwards, std::size_t most_bytes) const {
  std::vector<DebugVariable> made;
  for (const debug::Variable& var : impl_.at.vars(outwards)) made.push_back({std::string(var.name), debug::short_value(var.value, most_bytes)});
  return made;
}

DebugValue DebugStop::evaluate(std::size_t outwards, std::string_view text) const {
  DebugValue made = impl_.debugger.evaluate(impl_.at, outwards, text);
  if (made.is_ended) impl_.debugger.evaluator.cancelled = false;  // what stands still here goes on
  return made;
}

namespace {

DebugHappening told(const debug::Happening& one, const Program& program) {
  DebugHappening made;
  made.kind = static_cast<DebugHappening::Kind>(one.kind);
  made.rule = program.functions[one.function].path;
  made.place = place_of(one.span, program);
  made.outcome = outcome_word(one.failure);
  if (one.value.is_defined()) made.value = debug::short_value(one.value, kShownBytes);
  for (const debug::Variable& var : one.vars) {
    made.vars.push_back({std::string(var.name), var.value.is_defined() ? debug::short_value(var.value, kShownBytes) : std::string()});
  }
  return made;
}

// Stops as the host sees them.
class StopHost final : public debug::Host {
 public:
  StopHost(Debugger::Impl& debugger, const Debugger::OnStop& on_stop) : debugger_(debugger), on_stop_(on_stop) {}

  debug::Resume on_stop(const debug::Stop& stop, const debug::Inspector& at) override {
    DebugStop::Impl impl{debugger_, at};
    DebugStop shown(impl);
    shown.cause = static_cast<DebugStop::Cause>(stop.cause);
    shown.breakpoint = stop.breakpoint;
    shown.is_behind = stop.is_behind;
    const Program& program = at.program();
    for (std::size_t i = 0; i < at.depth(); ++i) {
      DebugFrame frame;
      frame.rule = program.functions[at.frame(i).function].path;
      const std::uint32_t expression = i == 0 ? kNoExpression : at.expression(i);
      const Span span = i == 0 ? stop.span : expression == kNoExpression ? program.functions[at.frame(i).function].span : statement_of(expression, at.info());
      frame.place = place_of(span, program);
      frame.expression = debug::first_line(span, program);
      shown.frames.push_back(std::move(frame));
    }
    for (const debug::Happening& one : *stop.since) shown.since.push_back(told(one, program));
    const DebugResume resume = on_stop_(shown);
    if (resume == DebugResume::End) is_ended = true;
    if (on_resume) on_resume();
    return static_cast<debug::Resume>(resume);
  }

  bool holds(std::uint32_t number, const debug::Inspector& at) override {
    for (const DebugBreakpoint& one : debugger_.breakpoints) {
      if (one.number != number) continue;
      if (one.condition.empty()) return true;
      const DebugValue value = debugger_.evaluate(at, 0, one.condition);
      if (value.is_ended) return false;  // so does the evaluation
      // One that cannot be evaluated stops too: going by in silence would hide that. But where a var of it has no value yet it is not met.
      return value.errors.empty() ? value.is_defined && value.text != "false" : !awaits_var(one.condition, at);
    }
    return false;
  }

  bool is_ended = false;
  std::function<void()> on_resume;  // breakpoints may have been set and taken away

 private:
  static bool awaits_var(std::string_view condition, const debug::Inspector& at) {
    const std::vector<debug::Variable> there = at.vars(0);
    for (const SlotVar& var : at.info().vars) {
      const auto is_same = [&](const debug::Variable& one) { return one.name == var.name; };
      const bool is_own = var.function == at.frame(0).function && debug::is_users(var);
      if (is_own && mentions(condition, var.name) && std::none_of(there.begin(), there.end(), is_same)) return true;
    }
    return false;
  }

  static Span statement_of(std::uint32_t expression, const DebugInfo& info) {
    const std::uint32_t statement = info.expressions[expression].statement;
    return info.expressions[statement == kNoExpression ? expression : statement].span;
  }

  Debugger::Impl& debugger_;
  const Debugger::OnStop& on_stop_;
};

}  // namespace

Debugger::Debugger(const Policy& policy, EvaluateOptions options) : impl_(std::make_unique<Impl>(policy, options)) {}
Debugger::~Debugger() = default;

void Debugger::set_input(LoadedInput input) { impl_->loaded = std::move(input); }

std::uint32_t Debugger::add_breakpoint(std::string_view where, std::string_view condition, std::string& problem, std::uint32_t wanted) {
  const MarkedProgram& marked = impl_->policy->marked_program();
  debug::Breakpoint placed;
  if (marked.program == nullptr) {
    problem = "a program image has lost its source: nothing can stop in it";
    return 0;
  }
  if (!place_breakpoint(where, *marked.program, marked.info, placed)) {
    problem = line_of_file(where) ? fmt::format("no expression begins at {}", where) : fmt::format("there is no rule {}", where);
    return 0;
  }
  const std::uint32_t number = wanted != 0 ? wanted : impl_->last_number + 1;
  impl_->last_number = std::max(impl_->last_number, number);
  impl_->breakpoints.push_back({number, std::string(where), std::string(condition)});
  return number;
}

bool Debugger::remove_breakpoint(std::uint32_t number) {
  return std::erase_if(impl_->breakpoints, [number](const DebugBreakpoint& one) { return one.number == number; }) > 0;
}

const std::vector<DebugBreakpoint>& Debugger::breakpoints() const { return impl_->breakpoints; }

void Debugger::set_form(ValueForm form, std::size_t most_bytes) {
  impl_->form = form;
  impl_->most_bytes = most_bytes;
}

DebugAnswer Debugger::run(const Query& query, const OnStop& on_stop, bool stops_on_entry) {
  Impl& impl = *impl_;
  const Query::Impl& asked = *query.impl();
  // A cancel that comes just before counts; what is left of it afterwards does not.
  struct Reset {
    std::atomic<bool>& flag;
    ~Reset() { flag = false; }
  } reset{impl.evaluator.cancelled};
  impl.arena.reset();
  DebugAnswer answer;
  const Document* document = document_of(impl.loaded, impl.policy->keys());
  const Value input = document != nullptr ? document->root() : Value();
  RunRequest request = impl.request_on(impl.arena, input);
  request.print_sink = &answer.printed;
  const bool may_stop = on_stop && (stops_on_entry || !impl.breakpoints.empty()) && asked.policy->checked != nullptr;
  if (asked.is_reference) {
    Machine machine(asked.program, impl.policy->limits);
    request.function = asked.function;
    Outcome outcome;
    if (asked.function != kNoIndex) outcome = machine.run(impl.arena, request);
    if (outcome.halt) {
      impl.take_error(*outcome.halt, *asked.program, answer.errors);
      return answer;
    }
    impl.take_rows(reference_rows(asked, impl.arena, asked.function != kNoIndex ? outcome.value : request.data), answer);
    return answer;
  }
  Outcome outcome;
  std::shared_ptr<const Program> program;
  if (may_stop) {
    const MarkedProgram marked = make_marked(plan_query(*asked.policy->checked, *asked.parsed, *asked.checked, asked.sources, Marks::Yes), impl.policy->keys());
    program = marked.program;
    StopHost host(impl, on_stop);
    const debug::Resume first = stops_on_entry ? debug::Resume::Into : debug::Resume::Continue;
    debug::Debugger listener(marked.info, impl.placed_in(*program, marked.info), host, first);
    host.on_resume = [&] { listener.set_breakpoints(impl.placed_in(*program, marked.info)); };
    Limits limits = impl.policy->limits;
    limits.time_ns = UINT64_MAX;  // somebody is reading in between
    Machine machine(program, limits);
    request.function = program->find_function(kQueryFunction);
    outcome = debug::observe(machine, marked.info, impl.arena, request, listener);
    answer.is_ended = host.is_ended;
    for (const debug::Happening& one : listener.since()) {
      if (program->functions[one.function].kind != FunctionKind::Query) answer.since.push_back(told(one, *program));
    }
    impl.frame_queries.clear();
  } else {
    program = make_program(*asked.plan, asked.policy->optimise && impl.policy->base == nullptr, impl.policy->keys());
    Machine machine(program, impl.policy->limits);
    request.function = program->find_function(kQueryFunction);
    outcome = machine.run(impl.arena, request);
  }
  answer.instructions = outcome.instructions;
  answer.is_ended = answer.is_ended || (outcome.halt && impl.evaluator.cancelled);
  if (answer.is_ended) return answer;
  if (outcome.halt) {
    impl.take_error(*outcome.halt, *program, answer.errors);
    return answer;
  }
  impl.take_rows(outcome.value, answer);
  return answer;
}

void Debugger::cancel() { impl_->evaluator.cancelled = true; }

}  // namespace psdl::tools
