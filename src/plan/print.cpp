// A plan as text, for `psdl plan` and golden files. In: a Plan; out: indented steps, everything after a scan one level in.
#include "plan/plan.hpp"

#include "builtins/builtin.hpp"
#include "value/text.hpp"

#include <fmt/format.h>

namespace psdl::plan {
namespace {

constexpr std::string_view kCompareNames[] = {"<", "<=", ">", ">=", "!="};

class Printer {
 public:
  explicit Printer(const Plan& plan) : plan_(plan) {}

  std::string run() {
    for (const Function& function : plan_.functions) {
      if (!out_.empty()) out_ += '\n';
      print(function);
    }
    return std::move(out_);
  }

 private:
  void line(int depth, std::string_view text) {
    out_.append(static_cast<std::size_t>(depth) * 2, ' ');
    out_ += text;
    out_ += '\n';
  }

  void print(const Function& function) {
    static constexpr std::string_view kKinds[] = {"rule", "set", "object", "function", "query", "package"};
    std::string head = fmt::format("{} {}", kKinds[static_cast<std::size_t>(function.kind)], function.path);
    if (function.arity > 0) head += fmt::format(", arguments {}", function.arity);
    if (function.stop_at_first) head += ", the first success decides";
    line(0, head);
    for (const ExtentChild& child : function.children) line(1, fmt::format("{}: {}", to_rego(child.key), plan_.functions[child.function].path));
    if (function.dispatch.has_value()) print(*function.dispatch);
    for (std::size_t i = 0; i < function.bodies.size(); ++i) print(function.bodies[i], function.dispatch.has_value() ? fmt::format("body {}", i) : "body");
    for (const RuleBody& body : function.default_body) print(body, "default");
  }

  void print(const Dispatch& dispatch) {
    const auto list = [](const std::vector<std::uint32_t>& bodies) { return bodies.empty() ? std::string("none") : fmt::format("{}", fmt::join(bodies, ", ")); };
    line(1, fmt::format("dispatch on {}", text(dispatch.on)));
    for (std::size_t i = 0; i < dispatch.values.size(); ++i) line(2, fmt::format("{}: {}", to_rego(dispatch.values[i]), list(dispatch.bodies[i])));
    line(2, fmt::format("always: {}", list(dispatch.others)));
  }

  void print(const RuleBody& body, std::string_view word) {
    line(1, word);
    const int depth = steps(body.steps, 2);
    std::string yielded;
    for (const Expr& key : body.keys) yielded += fmt::format("[{}]", text(key));
    line(depth, fmt::format("yield {}{}{}", yielded, yielded.empty() ? "" : body.leaf_is_set ? " contains " : " = ", text(body.value)));
    for (const RuleBody& next : body.otherwise) print(next, "else");
  }

  // The depth at which what follows stands.
  int steps(const Steps& all, int depth) {
    for (const Step& step : all) depth = one(step, depth);
    return depth;
  }

  int one(const Step& step, int depth) {
    switch (step.kind) {
      case StepKind::Test:
        line(depth, fmt::format("test {}", text(step.a)));
        break;
      case StepKind::Bind:
        line(depth, fmt::format("s{} = {}", step.value, text(step.a)));
        break;
      case StepKind::Equal:
        line(depth, fmt::format("test {} == {}", text(step.a), text(step.b)));
        break;
      case StepKind::Compare:
        line(depth, fmt::format("test {} {} {}", text(step.a), kCompareNames[static_cast<std::size_t>(step.compare)], text(step.b)));
        break;
      case StepKind::Scan:
        line(depth, fmt::format("scan {}: {}{}", text(step.a), slots(step), where(step)));
        return depth + 1;
      case StepKind::ArrayLength:
        line(depth, fmt::format("test {} is an array of {}", text(step.a), step.count));
        break;
      case StepKind::ObjectKeys:
        line(depth, fmt::format("test {} is an object with the keys {}", text(step.a), text(step.b)));
        break;
      case StepKind::Not:
        line(depth, "not");
        steps(step.bodies[0], depth + 1);
        break;
      case StepKind::Any:
        for (std::size_t i = 0; i < step.bodies.size(); ++i) {
          line(depth, i == 0 ? "once" : "or");
          steps(step.bodies[i], depth + 1);
        }
        break;
      case StepKind::Every:
        line(depth, fmt::format("every {}: {}", text(step.a), slots(step)));
        steps(step.bodies[0], depth + 1);
        break;
      case StepKind::In:
        line(depth, fmt::format("test {} in {}", text(step.a), text(step.b)));
        break;
      case StepKind::Gather: {
        std::string made;
        for (const SlotNumber slot : step.carried) made += fmt::format("{}s{}", made.empty() ? "" : ", ", slot);
        line(depth, fmt::format("gather {}", made));
        steps(step.bodies[0], depth + 1);
        break;
      }
      case StepKind::Collect:
        line(depth, fmt::format("collect {}: {}", step.count, text(step.a)));
        break;
      case StepKind::Reach:
        line(depth, fmt::format("s{} = {} or {{}}", step.value, text(step.a)));
        break;
      case StepKind::Settle:
        line(depth, fmt::format("settle {}", plan_.functions[step.count].path));
        break;
      case StepKind::Begin:
        line(depth, fmt::format("begin e{}", step.count));
        break;
      case StepKind::Held:
        line(depth, fmt::format("held e{}", step.count));
        break;
      case StepKind::Case:
        line(depth, fmt::format("case {}", text(step.a)));
        break;
      case StepKind::Each:
        for (std::size_t i = 0; i < step.bodies.size(); ++i) {
          line(depth, i == 0 ? "each of" : "and");
          steps(step.bodies[i], depth + 1);
        }
        return depth + 1;
      case StepKind::With: {
        std::string values;
        for (const Expr& value : step.overlay.values) values += (values.empty() ? "" : ", ") + text(value);
        line(depth, fmt::format("with {} replaced by {}", targets(step.overlay.spec), values.empty() ? "functions" : values));
        steps(step.bodies[0], depth + 1);
        break;
      }
    }
    return depth;
  }

  std::string targets(const OverlaySpec& spec) const {
    std::string made;
    for (const OverlayTarget& target : spec.targets) {
      if (!made.empty()) made += ", ";
      if (target.kind == OverlayTarget::Kind::Mock) {
        const MockEntry& entry = plan_.mocks[target.mock];
        made += entry.function != kNoIndex ? std::string_view(plan_.functions[entry.function].path) : plan_.mock_builtins[entry.builtin]->name;
        continue;
      }
      made += target.kind == OverlayTarget::Kind::Input ? "input" : "data";
      for (const Value& key : target.path) made += fmt::format("[{}]", to_rego(key));
    }
    return made;
  }

  std::string where(const Step& step) {
    if (step.where.empty()) return "";
    std::string path;
    for (const Value& name : step.where_path) path += fmt::format(".{}", name.as_string());
    return fmt::format(" where s{}{} == {}", step.value, path, text(step.where[0]));
  }

  static std::string slots(const Step& step) {
    if (step.key == kNoSlot) return step.value == kNoSlot ? "_" : fmt::format("s{}", step.value);
    return fmt::format("s{}, {}", step.key, step.value == kNoSlot ? "_" : fmt::format("s{}", step.value));
  }

  std::string list(const Exprs& operands) {
    std::string made;
    for (const Expr& operand : operands) made += (made.empty() ? "" : ", ") + text(operand);
    return made;
  }

  std::string text(const Expr& e) {
    switch (e.kind) {
      case ExprKind::Const:
        return to_rego(e.constant);
      case ExprKind::Slot:
        return fmt::format("s{}", e.slot);
      case ExprKind::Input:
        return "input";
      case ExprKind::Data:
        return "data";
      case ExprKind::Dot:
        if (e.operands[1].kind == ExprKind::Const && e.operands[1].constant.is_string()) {
          return fmt::format("{}.{}", text(e.operands[0]), e.operands[1].constant.as_string());
        }
        return fmt::format("{}[{}]", text(e.operands[0]), text(e.operands[1]));
      case ExprKind::Builtin:
        return fmt::format("{}({})", e.builtin->name, list(e.operands));
      case ExprKind::Function:
        return fmt::format("{}({})", plan_.functions[e.function].path, list(e.operands));
      case ExprKind::Rule:
        return plan_.functions[e.function].path;
      case ExprKind::Array:
        return fmt::format("[{}]", list(e.operands));
      case ExprKind::Set:
        return fmt::format("{{{}}}", list(e.operands));
      case ExprKind::Object: {
        std::string made;
        for (std::size_t i = 0; i + 1 < e.operands.size(); i += 2) {
          made += fmt::format("{}{}: {}", made.empty() ? "" : ", ", text(e.operands[i]), text(e.operands[i + 1]));
        }
        return "{" + made + "}";
      }
      case ExprKind::Comprehension:
        return comprehension(e);
    }
    return "";
  }

  // Its body stands below, indented under the step that uses it.
  std::string comprehension(const Expr& e) {
    Printer inner(plan_);
    inner.out_ = "";
    const int depth = inner.steps(e.body, 1);
    std::string yielded = e.operands.size() == 2 ? text(e.operands[0]) + ": " + text(e.operands[1]) : text(e.operands[0]);
    static_cast<void>(depth);
    std::string body;
    for (const char c : inner.out_) body += c == '\n' ? ';' : c;
    static constexpr std::string_view kOpen[] = {"[", "{", "{", "{"};
    static constexpr std::string_view kClose[] = {"]", "}", "}", "}"};
    const auto kind = static_cast<std::size_t>(e.builder);
    return fmt::format("{}{} |{}{}", kOpen[kind], yielded, body, kClose[kind]);
  }

  const Plan& plan_;
  std::string out_;
};

}  // namespace

std::string print(const Plan& plan) { return Printer(plan).run(); }

}  // namespace psdl::plan
