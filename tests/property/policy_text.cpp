// Rules, bodies and terms by chance, as text.
#include "policy_text.hpp"

#include <rapidcheck.h>

#include <vector>

namespace psdl::property {
namespace {

int below(int limit) { return *rc::gen::inRange(0, limit); }

// What a rule below may call this one.
struct Known {
  std::string name;
  enum class Kind { Set, Map, Value, Function } kind = Kind::Value;
};

class Writer {
 public:
  std::string module() {
    std::string text = "package generated\n\nimport rego.v1\n\nlong_text := \"" + std::string(1'100, 'a') + "\"\n";
    const int rules = 1 + below(5);
    for (int i = 0; i < rules; ++i) text += '\n' + rule(i) + '\n';
    return text;
  }

 private:
  using Scope = std::vector<std::string>;

  static std::string pick(const std::vector<std::string>& from) { return from[static_cast<std::size_t>(below(static_cast<int>(from.size())))]; }
  std::string new_var() { return "v" + std::to_string(next_var_++); }

  static std::string scalar() {
    static const std::vector<std::string> scalars = {"null", "true", "false", "0", "1", "-7", "2.50", "1e3", "\"\"", "\"a\"",
                                                     "\"a b\\n\\\"c\\\"\"", "\"日本\"", "`raw\\d`", "12345678901234567890"};
    return pick(scalars);
  }

  // Of the input, or of what may be known before it.
  static std::string input_ref() {
    static const std::vector<std::string> steps = {".a", ".b", ".spec.containers", "[\"x-y\"]", "[0]", ".if_not", "[\"in\"]", "[\"é\"]"};
    std::string ref = below(4) == 0 ? pick({"data.base", "input.known"}) : "input";
    const int count = 1 + below(3);
    for (int i = 0; i < count; ++i) ref += pick(steps);
    return ref;
  }

  // A term that is some value: a var of the scope, a part of the input, or a computed one.
  std::string term(const Scope& scope, int depth) {
    switch (below(depth > 0 ? 13 : 3)) {
      case 0: return scalar();
      case 1: return scope.empty() ? input_ref() : pick(scope);
      case 2: return input_ref();
      case 3: return "[" + term(scope, depth - 1) + ", " + term(scope, depth - 1) + "]";
      case 4: return "{" + term(scope, depth - 1) + ", " + scalar() + "}";
      case 5: return "{\"k\": " + term(scope, depth - 1) + ", " + scalar() + ": " + term(scope, depth - 1) + "}";
      case 6: return "count(" + input_ref() + ")";
      case 7: return "sprintf(\"%v is %v\", [" + term(scope, depth - 1) + ", " + term(scope, depth - 1) + "])";
      case 8: return input_ref() + pick({" + ", " - ", " * ", " / ", " % "}) + "(" + input_ref() + " + 1)";
      case 9: {
        const std::string element = new_var();
        Scope inner = scope;
        inner.push_back(element);
        const std::string inside = body(inner, depth - 1, "some " + element + " in " + input_ref());
        const std::string open = pick({"[", "{"});
        return open + term(inner, 0) + " | " + inside + (open == "[" ? "]" : "}");
      }
      case 10: {
        const std::string key = new_var();
        const std::string element = new_var();
        Scope inner = scope;
        inner.push_back(key);
        inner.push_back(element);
        return "{" + key + ": " + element + " | " + body(inner, depth - 1, "some " + key + ", " + element + " in " + input_ref()) + "}";
      }
      case 11: return joined(scope, depth);
      default: return known_value(scope, depth);
    }
  }

  // Texts put together, some of a size up to which the machine does it itself, or just above.
  std::string joined(const Scope& scope, int depth) {
    const std::string element = new_var();
    Scope inner = scope;
    inner.push_back(element);
    const std::string inside = body(inner, depth - 1, "some " + element + " in " + input_ref());
    const std::string size = std::to_string(1'010 + below(20));
    const std::string long_text = "substring(data.generated.long_text, 0, " + size + ")";
    const std::string text = pick({element, "\"\u00e9\"", "sprintf(\"%v\", [" + element + "])", long_text});
    const std::string all = "concat(" + pick({"\"\"", "\", \"", "\"--------\""}) + ", [" + text + " | " + inside + "])";
    return below(2) == 0 ? all : "count(" + all + ")";
  }

  std::string known_value(const Scope& scope, int depth) {
    if (known_.empty()) return input_ref();
    const Known& rule = known_[static_cast<std::size_t>(below(static_cast<int>(known_.size())))];
    if (rule.kind == Known::Kind::Function) return rule.name + "(" + term(scope, depth - 1) + ")";
    return (below(2) == 0 ? "data.generated." : "") + rule.name;
  }

  // For under a `with`, which gives the input a type: no other part of the input may be named there.
  std::string known_rule() {
    for (const Known& rule : known_) {
      if (rule.kind != Known::Kind::Function && below(2) == 0) return rule.name;
    }
    return "data.elsewhere";
  }

  // One expression; vars that it binds join the scope.
  std::string literal(Scope& scope, int depth) {
    switch (below(depth > 0 ? 11 : 5)) {
      case 0: {
        const std::string name = new_var();
        const std::string text = name + " := " + term(scope, depth);
        scope.push_back(name);
        return text;
      }
      case 1: {
        const std::string name = new_var();
        const std::string text = "some " + name + " in " + input_ref();
        scope.push_back(name);
        return text;
      }
      case 2: return term(scope, 0) + pick({" == ", " != ", " < ", " >= "}) + input_ref();
      case 3: return input_ref();
      case 4: {
        const std::string name = new_var();
        const std::string text = "some " + name + "; " + input_ref() + "[" + name + "] = " + input_ref();
        scope.push_back(name);
        return text;
      }
      case 5: return "not " + input_ref() + " == " + term(scope, 0);
      case 6: {
        const std::string element = new_var();
        Scope inner = scope;
        inner.push_back(element);
        return "every " + element + " in " + input_ref() + " { " + body(inner, depth - 1, element + " != " + scalar()) + " }";
      }
      case 7: return term(scope, depth - 1) + " in " + input_ref();
      case 8: {
        const std::string name = new_var();
        const std::string text = "[" + name + ", _] = " + input_ref();
        scope.push_back(name);
        return text;
      }
      case 9: return "is_object(" + known_rule() + ") with " + pick({"input.a", "input.b", "data.base.a", "data.base"}) + " as " + scalar();
      default: return input_ref() + "[_].name == " + term(scope, 0);
    }
  }

  std::string body(Scope& scope, int depth, std::string first = {}) {
    std::string text = std::move(first);
    const int count = below(4) + (text.empty() ? 1 : 0);
    for (int i = 0; i < count; ++i) {
      if (!text.empty()) text += "; ";
      text += literal(scope, depth);
    }
    return text;
  }

  std::string rule(int number) {
    const std::string name = pick({"deny", "p", "allow", "helper"}) + std::to_string(number);
    Known made{name, Known::Kind::Value};
    std::string text;
    Scope scope;
    switch (below(6)) {
      case 0:
      case 1: {
        made.kind = Known::Kind::Set;
        const std::string inside = body(scope, 2);
        text = name + " contains " + term(scope, 2) + " if { " + inside + " }";
        if (below(2) == 0) {
          Scope other;
          const std::string more = body(other, 1);
          text += "\n\n" + name + " contains " + term(other, 1) + " if { " + more + " }";
        }
        break;
      }
      case 2: {
        made.kind = Known::Kind::Map;
        const std::string inside = body(scope, 2);
        text = name + "[" + term(scope, 0) + "] := " + term(scope, 1) + " if { " + inside + " }";
        break;
      }
      case 3: {
        made.kind = Known::Kind::Function;
        scope.push_back("x");
        const std::string inside = body(scope, 2);
        text = name + "(x) := " + term(scope, 2) + " if { " + inside + " }";
        break;
      }
      case 4: {
        const std::string inside = body(scope, 2);
        text = name + " := " + term(scope, 2) + " if { " + inside + " }";
        Scope other;
        const std::string more = body(other, 1);
        text += " else = " + term(other, 1) + " if { " + more + " }";
        break;
      }
      default:
        text = "default " + name + " := " + scalar() + "\n\n" + name + " := " + scalar() + " if { " + body(scope, 2) + " }";
        break;
    }
    known_.push_back(made);
    return text;
  }

  int next_var_ = 0;
  std::vector<Known> known_;
};

}  // namespace

std::string any_module() { return Writer().module(); }

}  // namespace psdl::property
