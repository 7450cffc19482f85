// Places, values and reasons of tries. Nothing here walks a whole document: a node is found from its number, its line
// by counting up to its byte.
#include "debug/why_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <optional>

#include "base/nearest.hpp"
#include "codec/positions.hpp"
#include "value/text.hpp"

namespace psdl::debug {
namespace {

using tools::WhyOptions;
using tools::WhyPlace;

constexpr std::size_t kMostKeys = 6;       // that are named where one is missing
constexpr std::size_t kLookedThrough = 64;  // keys of an object that may hold the missing one
constexpr std::size_t kLongestLine = 120;

struct NodePath {
  std::string pointer;
  std::string shown;  // "containers[0]"
};

// The child that holds the node, or is it; null where there is none. Nodes are numbered in the order of the text, whole
// subtrees at a time.
const Value* child_with(const Value& around, std::uint32_t origin, std::size_t& index) {
  const std::span<const Value> children = around.is_array()    ? around.as_array()
                                          : around.is_object() ? around.as_object().values()
                                                               : std::span<const Value>();
  const Value* found = nullptr;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const std::uint32_t begins = children[i].origin();
    if (begins == 0 || begins > origin || (found != nullptr && begins < found->origin())) continue;
    found = &children[i];
    index = i;
  }
  return found;
}

std::optional<NodePath> path_of(const Value& root, std::uint32_t origin) {
  NodePath path{{}, "input"};
  const Value* at = &root;
  while (at->origin() != origin) {
    std::size_t index = 0;
    const Value* next = child_with(*at, origin, index);
    if (next == nullptr) return std::nullopt;
    if (at->is_array()) {
      append_pointer_step(path.pointer, std::to_string(index));
      path.shown += fmt::format("[{}]", index);
    } else {
      const Value& key = at->as_object().keys()[index];
      const std::string text = key.is_string() ? std::string(key.as_string()) : to_short_rego(key);
      append_pointer_step(path.pointer, text);
      path.shown = text;
    }
    at = next;
  }
  return path;
}

std::string_view kind_word(const Value& value) {
  const Kind kind = value.kind();
  return kind == Kind::Boolean ? "bool" : kind_name(kind);
}

std::string article(std::string_view word) {
  return fmt::format("{} {}", std::string_view("aeiou").find(word.front()) != std::string_view::npos ? "an" : "a",
                     word);
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return made;
}

// `sepc` for `spec`: two letters that changed places are one slip.
std::size_t slips(std::string_view a, std::string_view b) {
  const std::size_t distance = edit_distance(a, b);
  if (distance != 2 || a.size() != b.size()) return distance;
  const auto first = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return first + 1 < a.size() && a[first] == b[first + 1] && a[first + 1] == b[first] ? 1 : distance;
}

// The key that was perhaps meant.
std::string nearest_key(std::string_view wanted, std::span<const Value> keys) {
  const std::string low = lower(wanted);
  std::string best;
  std::size_t least = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const Value& key : keys) {
    if (!key.is_string() || key.length() > wanted.size() + least) continue;
    const std::size_t distance = slips(low, lower(key.as_string()));
    if (distance >= least) continue;
    least = distance;
    best = key.as_string();
  }
  return best;
}

// "data.a.b" as far as the text goes on with names.
std::string_view names_of_path(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() &&
         (text[end] == '.' || text[end] == '_' || std::isalnum(static_cast<unsigned char>(text[end])) != 0))
    ++end;
  return text.substr(0, end);
}

// What a path below `data` asks of a package and it has not: the first such name, and those that it has.
struct MissingRule {
  std::string name;
  std::vector<Value> there;  // borrow from the program
};
std::optional<MissingRule> missing_rule(std::string_view path, const Program& program) {
  MissingRule made;
  std::string_view package = "data";
  while (package.size() < path.size()) {
    const std::size_t end = std::min(path.find('.', package.size() + 1), path.size());
    made.name = path.substr(package.size() + 1, end - package.size() - 1);
    made.there.clear();
    bool is_there = false;
    for (const Function& function : program.functions) {
      const std::string_view whole = function.path;
      if (whole.size() <= package.size() || !whole.starts_with(package) || whole[package.size()] != '.') continue;
      const std::string_view below = whole.substr(package.size() + 1);
      const std::string_view name = below.substr(0, below.find('.'));
      is_there = is_there || name == made.name;
      const auto is_it = [&](const Value& one) { return one.as_string() == name; };
      if (std::none_of(made.there.begin(), made.there.end(), is_it)) made.there.push_back(Value::string(name));
    }
    if (!is_there) return package == "data" ? std::nullopt : std::optional(std::move(made));
    package = path.substr(0, end);
  }
  return std::nullopt;
}

// Where the missing key stands one or two levels below: "securityContext.privileged".
std::string deeper_key(const Value& missing, const Value& container, int levels) {
  if (!container.is_object()) return {};
  const Object& object = container.as_object();
  const std::size_t size = std::min<std::size_t>(object.size(), kLookedThrough);
  for (std::size_t i = 0; i < size; ++i) {
    const Value& key = object.keys()[i];
    const Value& below = object.values()[i];
    if (!key.is_string() || !below.is_object()) continue;
    if (below.as_object().find(missing) != nullptr) return fmt::format("{}.{}", key.as_string(), missing.as_string());
    if (levels > 1) {
      if (const std::string found = deeper_key(missing, below, levels - 1); !found.empty())
        return fmt::format("{}.{}", key.as_string(), found);
    }
  }
  return {};
}

class Describer {
 public:
  Describer(const Why& why, const Program& program, const DebugInfo& info, const Document* document,
            const WhyOptions& options)
      : why_(why), program_(program), info_(info), document_(document), options_(options) {
    if (document != nullptr) places_.emplace(*document);
  }

  void run(tools::WhyAnswer& answer) {
    answer.rules = is_query() ? 0 : why_.bodies;
    answer.iterations = why_.is_iterated ? why_.tries : 0;
    answer.results = why_.results;
    answer.earlier = why_.earlier;
    add_groups(why_.held, true, answer);
    add_groups(why_.missed, false, answer);
    if (answer.groups.size() <= options_.most_groups) return;
    answer.more = answer.groups.size() - options_.most_groups;
    answer.groups.resize(options_.most_groups);
  }

 private:
  [[nodiscard]] bool is_query() const {
    const WhyGroups& any = why_.missed.empty() ? why_.held : why_.missed;
    if (any.empty()) return false;
    const std::uint32_t function = info_.expressions[any.front().progress].function;
    return function != kNoIndex && program_.functions[function].kind == FunctionKind::Query;
  }

  struct Ranked {
    tools::WhyGroup group;
    bool is_likely = false;  // something in it looks like a mistake
    std::size_t left = 0;    // statements of the body that were not tried
  };

  void add_groups(const WhyGroups& groups, bool holds, tools::WhyAnswer& answer) {
    std::vector<Ranked> ranked;
    for (const WhyGroup& group : groups) ranked.push_back(described(group, holds));
    std::stable_sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
      return a.is_likely != b.is_likely ? a.is_likely : a.left < b.left;
    });
    for (Ranked& one : ranked) answer.groups.push_back(std::move(one.group));
  }

  Ranked described(const WhyGroup& group, bool holds) {
    Ranked made;
    const SourceExpression& where = info_.expressions[group.statement];
    made.left = left_after(group);
    made.group.place = place_in_rules(where.span, program_);
    made.group.expression = first_line(where.span, program_);
    made.group.via = via(group);
    if (!holds) made.group.gave = gave(group);
    made.group.holds = holds;
    made.group.count = group.count;
    for (const std::uint32_t other : group.with) {
      const Span span = info_.expressions[other].span;
      const WhyPlace place = place_in_rules(span, program_);
      made.group.with.push_back(place.file.empty()
                                    ? first_line(span, program_)
                                    : fmt::format("{}:{}  {}", place.file, place.line, first_line(span, program_)));
    }
    const bool lists_keys = always_missing(group);
    for (const WhyTry& one : group.tries) {
      if (made.group.tries.size() == options_.most_tries) break;
      made.group.tries.push_back(described(one, lists_keys, made.is_likely));
    }
    return made;
  }

  [[nodiscard]] std::size_t left_after(const WhyGroup& group) const {
    const SourceExpression& reached = info_.expressions[group.progress];
    return static_cast<std::size_t>(
        std::count_if(info_.expressions.begin(), info_.expressions.end(), [&](const SourceExpression& one) {
          const auto number = static_cast<std::uint32_t>(&one - info_.expressions.data());
          return one.function == reached.function && one.body == reached.body && one.around == reached.around &&
                 one.statement == number && number > group.progress;
        }));
  }

  [[nodiscard]] std::string via(const WhyGroup& group) const {
    std::string made;
    for (const std::uint32_t statement : group.via) {
      const Span span = info_.expressions[statement].span;
      const WhyPlace place = place_in_rules(span, program_);
      made += fmt::format("{}`{}`", made.empty() ? "" : ", ", first_line(span, program_));
      if (!place.file.empty()) made += fmt::format(" at {}:{}", place.file, place.line);
    }
    return made;
  }

  [[nodiscard]] std::string gave(const WhyGroup& group) const {
    if (group.via.empty()) return {};
    const std::uint32_t called = info_.expressions[group.via.size() > 1 ? group.via[1] : group.statement].function;
    if (called == kNoIndex) return {};
    const Function& function = program_.functions[called];
    const bool is_collection = function.kind == FunctionKind::Set || function.kind == FunctionKind::Object;
    return fmt::format("{} {}", function.path, is_collection ? "is empty" : "does not hold");
  }

  // Whether one key is what all tries miss: then those that are there are of interest.
  [[nodiscard]] static bool always_missing(const WhyGroup& group) {
    return std::all_of(group.tries.begin(), group.tries.end(), [&](const WhyTry& one) {
      return one.missing.is_defined() && equal(one.missing, group.tries.front().missing);
    });
  }

  tools::WhyTry described(const WhyTry& one, bool lists_keys, bool& is_likely) {
    tools::WhyTry made;
    for (const Variable& var : one.vars) {
      if (made.vars.size() > kLongestLine / 2) break;
      made.vars +=
          fmt::format("{}{}", made.vars.empty() ? "" : ", ", var_text(var, document_, options_.most_bytes / 2));
    }
    made.outcome = outcome(one);
    std::uint32_t origin = one.read.origin();
    const auto stands_at = [&](const Value& value) {
      if (value.origin() != 0) origin = value.origin();
    };
    switch (one.failure) {
      case Failure::None:
        if (one.read.is_defined() && !one.read.is_collection()) made.reason = shown(one.read);
        break;
      case Failure::False:
        stands_at(one.other);
        stands_at(one.value);
        made.reason = false_test(one, is_likely);
        break;
      case Failure::Undefined:
        stands_at(one.container);
        made.reason = undefined(one, lists_keys, made, is_likely);
        break;
      case Failure::Error:
        made.reason = one.error;
        is_likely = true;
        break;
      case Failure::NoCollection:
        stands_at(one.value);
        made.reason =
            fmt::format("{} is {}: there is nothing to go over", shown(one.value), article(kind_word(one.value)));
        is_likely = true;
        break;
      case Failure::Exhausted:
        made.reason = fmt::format("`{}` is empty", first_line(one.part, program_));
        break;
      case Failure::Inner:
        made.reason = compared(one, is_likely);
        if (made.reason.empty()) made.reason = inner(one);
        break;
    }
    const Value& value = one.value.is_defined() ? one.value : one.read;
    if (value.is_defined() && value.is_true() + value.is_false() + value.is_number() + value.is_string() != 0)
      made.value_json = short_value(value, options_.most_bytes);
    if (one.gives.is_defined()) made.gives_json = short_value(one.gives, options_.most_bytes * 3);
    if (places_) made.place = places_->place(origin);
    return made;
  }

  static std::string outcome(const WhyTry& one) {
    if (one.is_negated) return "holds";
    switch (one.failure) {
      case Failure::None: return "holds";
      case Failure::False:
      case Failure::Inner: return "false";
      case Failure::Undefined: return "undefined";
      case Failure::Error: return "error";
      case Failure::NoCollection:
      case Failure::Exhausted: return "empty";
    }
    return {};
  }

  [[nodiscard]] std::string shown(const Value& value) const { return short_value(value, options_.most_bytes); }

  // `left sign right`, and what keeps the two from ever being so.
  std::string comparison(const Value& left, std::string_view sign, const Value& right, bool& is_likely) const {
    std::string made = fmt::format("{} {} {}", shown(left), sign, shown(right));
    if (left.kind() != right.kind() && sign != "!=") {
      is_likely = true;
      if (sign == "==") return fmt::format("{}: {} is never equal to {}", made, kind_word(left), kind_word(right));
      return fmt::format("{}: {} and {} are compared by their types alone", made, article(kind_word(left)),
                         article(kind_word(right)));
    }
    if (sign == "==" && left.is_string() && lower(left.as_string()) == lower(right.as_string()))
      made += ": only the case differs";
    return made;
  }

  // Of a query a comparison is computed like any value: its sides are the parts before it.
  std::string compared(const WhyTry& one, bool& is_likely) const {
    std::size_t result = one.parts.size();
    while (result > 0 && one.parts[result - 1].second.is_false()) --result;  // it may be put into a slot and read again
    if (result < 2 || result == one.parts.size()) return {};
    const Value& left = one.parts[result - 2].second;
    const auto& [right_span, right] = one.parts[result - 1];
    if (right_span.source != one.part.source || right_span.begin < one.part.begin || right_span.begin > one.part.end)
      return {};
    // What stands before the right side: a var of the left may have been read where it was bound.
    std::string_view sign =
        program_.sources[one.part.source]->text().substr(one.part.begin, right_span.begin - one.part.begin);
    while (!sign.empty() && sign.back() == ' ') sign.remove_suffix(1);
    sign = sign.substr(std::min(sign.size(), sign.find_last_not_of("=<>!") + 1));
    static constexpr std::string_view signs[] = {"==", "<", "<=", ">", ">=", "!="};
    if (std::find(std::begin(signs), std::end(signs), sign) == std::end(signs)) return {};
    return comparison(left, sign, right, is_likely);
  }

  std::string false_test(const WhyTry& one, bool& is_likely) const {
    const Instruction& test = program_.code[one.pc];
    if (test.op == Op::TestEqual) return comparison(one.value, "==", one.other, is_likely) + with_parts(one, true);
    if (test.op == Op::TestCompare) {
      static constexpr std::string_view signs[] = {"<", "<=", ">", ">=", "!="};
      return comparison(one.value, signs[test.a], one.other, is_likely) + with_parts(one, true);
    }
    if (const std::string sides = compared(one, is_likely); !sides.empty()) return sides;
    const std::string parts = with_parts(one, false);
    if (!parts.empty()) return parts.substr(2);
    return fmt::format("`{}` is {}", first_line(one.part, program_), shown(one.value));
  }

  // "; image = "nginx"": what the parts of a test were that its text does not tell. Of a comparison both sides are
  // shown already: names and calls in them are of interest, the steps on the way to them are not.
  [[nodiscard]] std::string with_parts(const WhyTry& one, bool is_comparison) const {
    std::vector<std::pair<std::string, Value>> parts;
    for (const auto& [span, value] : one.parts) {
      const std::string text = first_line(span, program_);
      const bool is_literal = text.empty() ||
                              std::string_view("\"`0123456789[{").find(text.front()) != std::string_view::npos ||
                              text == shown(value);
      const bool is_var =
          std::any_of(one.vars.begin(), one.vars.end(), [&](const Variable& var) { return var.name == text; });
      const bool is_step =
          is_comparison && text.find('(') == std::string::npos && text.find_first_of(".[") != std::string::npos;
      if (is_literal || is_var || is_step || span == one.part) continue;
      const auto known =
          std::find_if(parts.begin(), parts.end(), [&](const auto& other) { return other.first == text; });
      if (known != parts.end()) {
        known->second = value;
      } else {
        parts.emplace_back(text, value);
      }
    }
    std::string made;
    for (const auto& [text, value] : parts) {
      if (is_comparison && (equal(value, one.value) || equal(value, one.other))) continue;
      if (made.size() > kLongestLine) break;
      made += fmt::format("{}{} = {}", made.empty() ? "; " : ", ", text, shown(value));
    }
    return made;
  }

  std::string undefined(const WhyTry& one, bool lists_keys, tools::WhyTry& made, bool& is_likely) const {
    if (!one.missing.is_defined()) {
      const std::string text = first_line(one.part, program_);
      return text == "input" || text.starts_with("input.") || text.starts_with("input[")
                 ? "there is no input"
                 : fmt::format("`{}` is undefined", text);
    }
    made.missing =
        one.missing.is_string() ? std::string(one.missing.as_string()) : short_value(one.missing, options_.most_bytes);
    if (one.container.is_array()) {
      const std::size_t size = one.container.as_array().size();
      is_likely = true;
      if (!one.missing.is_number())
        return fmt::format("an array has no `{}`: it is to be gone over, [_] or some .. in", made.missing);
      return fmt::format("no [{}]: there {} {} element{}", made.missing, size == 1 ? "is" : "are", size,
                         size == 1 ? "" : "s");
    }
    if (!one.container.is_object()) {
      if (one.container.is_set()) return fmt::format("`{}` is not in {}", made.missing, shown(one.container));
      is_likely = !one.container.is_null();
      return fmt::format("no `{}`: {} is {}", made.missing, shown(one.container),
                         one.container.is_null() ? "nothing" : article(kind_word(one.container)));
    }
    if (const auto rule = rule_asked_for(one)) {
      made.missing = rule->name;
      add_keys(rule->there, made);
      made.near = nearest_key(rule->name, rule->there);
      is_likely = true;
      if (!made.near.empty()) return fmt::format("no `{}`; did you mean `{}`?", made.missing, made.near);
      return fmt::format("no `{}`", made.missing) + those_there(made, rule->there.size());
    }
    const Object& object = one.container.as_object();
    add_keys(object.keys(), made);
    if (one.missing.is_string()) {
      made.near = nearest_key(one.missing.as_string(), object.keys());
      if (!made.near.empty()) {
        is_likely = true;
        return fmt::format("no `{}`; did you mean `{}`?", made.missing, made.near);
      }
      if (lists_keys) made.near = deeper_key(one.missing, one.container, 3);
      if (!made.near.empty()) {
        is_likely = true;
        return fmt::format("no `{}`; did you mean `{}`?", made.missing, made.near);
      }
    }
    const std::string said = fmt::format("no `{}`", made.missing);
    return lists_keys ? said + those_there(made, object.size()) : said;
  }

  // Where not the documents below `data` are what was meant to have it.
  [[nodiscard]] std::optional<MissingRule> rule_asked_for(const WhyTry& one) const {
    const std::string text = first_line(one.part, program_);
    const std::string_view path = names_of_path(text);
    const bool is_first_step = one.missing.is_string() &&
                               (std::string(path) + ".").starts_with(fmt::format("data.{}.", one.missing.as_string()));
    return is_first_step ? missing_rule(path, program_) : std::nullopt;
  }

  void add_keys(std::span<const Value> keys, tools::WhyTry& made) const {
    for (const Value& key : keys) {
      if (made.there.size() == kMostKeys) break;
      made.there.push_back(key.is_string() ? std::string(key.as_string()) : short_value(key, options_.most_bytes));
    }
  }

  // "; there are `a`, `b` and 2 more".
  [[nodiscard]] static std::string those_there(const tools::WhyTry& made, std::size_t count) {
    if (count == 0) return "; it is empty";
    std::string said = fmt::format("; there {}", count == 1 ? "is" : "are");
    for (std::size_t i = 0; i < made.there.size(); ++i)
      said += fmt::format("{} `{}`", i == 0 ? "" : ",", made.there[i]);
    if (count > made.there.size()) said += fmt::format(" and {} more", count - made.there.size());
    return said;
  }

  [[nodiscard]] std::string inner(const WhyTry& one) const {
    std::string text = first_line(one.part, program_);
    if (text.starts_with("not ")) text = fmt::format("`{}` holds", text.substr(4));
    else text = fmt::format("`{}` has no solution", text);
    if (one.read.is_defined() && !one.read.is_collection()) text += ": " + shown(one.read);
    return text;
  }

  const Why& why_;
  const Program& program_;
  const DebugInfo& info_;
  const Document* document_;
  const WhyOptions& options_;
  std::optional<NodePlaces> places_;
};

std::string state_of(const Value& value, bool is_default) {
  const auto count = [](std::size_t n, std::string_view word) {
    return fmt::format("has {} {}{}", n, word, n == 1 ? "" : "s");
  };
  switch (value.kind()) {
    case Kind::Undefined: return "is undefined";
    case Kind::Set: return value.as_set().is_empty() ? "is empty" : count(value.as_set().size(), "element");
    case Kind::Object: return value.as_object().size() == 0 ? "is empty" : count(value.as_object().size(), "key");
    case Kind::Array: return value.as_array().empty() ? "is empty" : count(value.as_array().size(), "element");
    case Kind::Null:
    case Kind::Boolean:
    case Kind::Number:
    case Kind::String: break;
  }
  return fmt::format("is {}{}", short_value(value, 60), is_default ? ", its default" : "");
}

}  // namespace

std::string short_value(const Value& value, std::size_t most) {
  std::string text;
  const bool is_whole = append_rego_within(text, most, value);
  if (is_whole && text.size() <= most) return text;
  std::size_t cut = std::min(text.size(), most);
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  text.resize(cut);
  return text + " ..";
}

NodePlaces::NodePlaces(const Document& document) : document_(document) { restart(); }

void NodePlaces::restart() {
  const StreamPlace& stream = document_.place();
  at_ = 0;
  point_ = {stream.offset, stream.line, stream.column};
}

WhyPlace NodePlaces::place(std::uint32_t origin) {
  WhyPlace made;
  if (origin == 0 || !document_.has_node(origin)) return made;
  if (const std::optional<NodePath> path = path_of(document_.root(), origin)) made.pointer = path->pointer;
  const std::string_view text = document_.text();
  const std::size_t offset = std::min<std::size_t>(document_.node_start(origin), text.size());
  const std::size_t gap = document_.place().gap_at;
  if (offset < at_) restart();
  if (at_ < gap && gap <= offset) {
    at_ = gap;
    point_ = document_.place().gap_end;
  }
  while (at_ < offset) {
    const void* newline = std::memchr(text.data() + at_, '\n', offset - at_);
    if (newline == nullptr) break;
    at_ = static_cast<std::size_t>(static_cast<const char*>(newline) - text.data()) + 1;
    ++point_.line;
    point_.column = 1;
  }
  for (; at_ < offset; ++at_) point_.column += (static_cast<unsigned char>(text[at_]) & 0xC0U) != 0x80U ? 1U : 0U;
  made.file = document_.place().stream;
  made.line = point_.line;
  made.column = point_.column;
  return made;
}

WhyPlace place_in_rules(Span span, const Program& program) {
  const Source& source = *program.sources[span.source];
  const LineColumn at = source.line_column(span.begin);
  return {source.name(), at.line, at.column, {}};
}

std::string first_line(Span span, const Program& program) {
  const std::string_view text = program.sources[span.source]->text().substr(span.begin, span.end - span.begin);
  std::size_t end = std::min(text.find('\n'), kLongestLine);
  if (end >= text.size()) return std::string(text);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\r')) --end;
  return std::string(text.substr(0, end)) + " ..";
}

std::string var_text(const Variable& var, const Document* document, std::size_t most) {
  std::string made = fmt::format("{} = ", var.name);
  const Value& value = var.value;
  if (document == nullptr || value.origin() == 0 || !value.is_collection()) return made + short_value(value, most);
  const std::optional<NodePath> path = path_of(document->root(), value.origin());
  if (!path) return made + short_value(value, most);
  made += path->shown;
  const Value* name = value.is_object() ? value.as_object().find_text("name") : nullptr;
  if (name != nullptr && name->is_string()) made += " " + short_value(*name, most);
  return made;
}

tools::WhyAnswer describe(const Why& why, const Program& program, const DebugInfo& info, const Value& value,
                          const Document* document, const WhyOptions& options) {
  tools::WhyAnswer answer;
  const bool is_nothing = !value.is_defined() || value.is_false() || (value.is_set() && value.as_set().is_empty()) ||
                          (value.is_object() && value.as_object().size() == 0) ||
                          (value.is_array() && value.as_array().empty());
  answer.is_nothing = is_nothing;
  Describer(why, program, info, document, options).run(answer);
  answer.state = state_of(value, value.is_defined() && why.results == 0 && answer.rules > 0);
  return answer;
}

}  // namespace psdl::debug
