// Edits of random documents in random styles. In: a value, the way it is written, an operation; out: the text reads
// back as it was meant to, comments stay, and what is not at the place is what it was.
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <vector>

#include "codec/reader.hpp"
#include "fix/fixes.hpp"
#include "runtime/pointer.hpp"
#include "value/builders.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

constexpr const char* kKeys[] = {"a", "b", "name", "spec", "drop", "x-y"};

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}
  std::size_t below(std::size_t count) { return engine_() % count; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

 private:
  std::mt19937 engine_;
};

// A document as text; of YAML every form that people write, mixed.
class Writer {
 public:
  Writer(Random& random, bool is_json)
      : random_(random),
        is_json_(is_json),
        is_on_lines_(random.chance(2)),
        step_(1 + random.below(4)),
        newline_(random.chance(4) ? "\r\n" : "\n") {}

  std::string document() {
    if (is_json_) {
      json_map(0, 0);
      out_ += random_.chance(2) ? newline_ : "";
    } else {
      block_map(0, 0);
      if (random_.chance(5) && !ends_in_block_text_) out_.resize(out_.size() - newline_.size());
    }
    return out_;
  }

 private:
  std::vector<std::string> keys() {
    std::vector<std::string> chosen;
    for (const char* key : kKeys) {
      if (random_.chance(2)) chosen.emplace_back(key);
    }
    if (chosen.empty()) chosen.emplace_back("a");
    return chosen;
  }
  std::string scalar() {
    static constexpr const char* kYaml[] = {"true",           "false",   "yes",  "1", "0x10", "two words",
                                            "\"q # \\\" q\"", "'it''s'", "null", "~", "x:y",  "é"};
    static constexpr const char* kJson[] = {"true",           "false",          "1",    "1.5e3",
                                            "\"two, words\"", "\"q } \\\" q\"", "null", "\"\\u00e9\""};
    return is_json_ ? kJson[random_.below(std::size(kJson))] : kYaml[random_.below(std::size(kYaml))];
  }

  // --- JSON ---
  void json_break(std::size_t depth) {
    if (!is_on_lines_) return;
    out_ += newline_;
    out_.append(depth * step_, ' ');
  }
  void json_value(std::size_t depth) {
    const std::size_t kind = depth > 3 ? 0 : random_.below(4);
    if (kind == 1) {
      json_map(depth, random_.below(3) == 0 ? 1 : 0);
    } else if (kind == 2) {
      json_list(depth);
    } else {
      out_ += scalar();
    }
  }
  void json_map(std::size_t depth, int may_be_empty) {
    out_ += '{';
    bool is_first = true;
    if (may_be_empty == 0) {
      for (const std::string& key : keys()) {
        if (!is_first) out_ += is_on_lines_ || step_ == 1 ? "," : ", ";
        is_first = false;
        json_break(depth + 1);
        out_ += "\"" + key + "\"" + (is_on_lines_ || step_ != 1 ? ": " : ":");
        json_value(depth + 1);
      }
      json_break(depth);
    }
    out_ += '}';
  }
  void json_list(std::size_t depth) {
    out_ += '[';
    const std::size_t count = random_.below(3);
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out_ += is_on_lines_ || step_ == 1 ? "," : ", ";
      json_break(depth + 1);
      json_value(depth + 1);
    }
    if (count > 0) json_break(depth);
    out_ += ']';
  }

  // --- YAML ---
  std::string comment() { return random_.chance(4) ? "  # c" + std::to_string(++comments_) : ""; }
  void line(std::size_t indent, const std::string& text) {
    out_.append(indent, ' ');
    out_ += text + comment() + newline_;
    ends_in_block_text_ = false;
  }
  std::string flow(std::size_t depth) {
    const std::size_t kind = depth > 2 ? 0 : random_.below(3);
    std::string text;
    if (kind == 0) return scalar();
    const char* blank = random_.chance(3) ? " " : "";
    if (kind == 1) {
      for (const std::string& key : keys()) text += (text.empty() ? "" : ", ") + key + ": " + flow(depth + 1);
      return random_.chance(6) ? "{}" : std::string("{") + blank + text + blank + "}";
    }
    for (std::size_t i = random_.below(3); i > 0; --i) text += (text.empty() ? "" : ", ") + flow(depth + 1);
    return std::string("[") + text + "]";
  }
  void blank_lines(std::size_t indent) {
    if (random_.chance(8)) out_ += newline_;
    if (!random_.chance(8)) return;
    out_.append(indent, ' ');
    out_ += "# c" + std::to_string(++comments_) + newline_;
  }
  // The first entry stands behind `lead` characters that are there already.
  void block_map(std::size_t indent, std::size_t lead) {
    bool is_first = true;
    for (const std::string& key : keys()) {
      if (!is_first) blank_lines(indent);
      block_value(is_first ? indent - lead : indent, indent, key + ":");
      is_first = false;
    }
  }
  void block_value(std::size_t blanks, std::size_t indent, const std::string& head) {
    const std::size_t kind = indent > 12 ? 0 : random_.below(7);
    if (kind == 1) {
      line(blanks, head);
      block_map(indent + step_, 0);
    } else if (kind == 2) {
      line(blanks, head);
      block_list(indent + (random_.chance(2) ? step_ : 0));
    } else if (kind == 3) {
      line(blanks, head + " " + flow(0));
    } else if (kind == 4) {
      out_.append(blanks, ' ');
      out_ += head + (random_.chance(3) ? " |-" : " |") + newline_;
      for (std::size_t i = 1 + random_.below(2); i > 0; --i)
        out_ += std::string(indent + 2, ' ') + "text # no comment" + newline_;
      ends_in_block_text_ = true;
    } else if (kind == 5) {
      line(blanks, head);
    } else {
      line(blanks, head + " " + scalar());
    }
  }
  void block_list(std::size_t indent) {
    for (std::size_t i = 1 + random_.below(2); i > 0; --i) {
      if (random_.chance(2)) {
        line(indent, "- " + flow(1));
      } else {
        out_.append(indent, ' ');
        out_ += "- ";
        block_map(indent + 2, indent + 2);
      }
    }
  }

  Random& random_;
  bool is_json_;
  bool is_on_lines_;
  std::size_t step_;
  std::string newline_;
  std::string out_;
  std::size_t comments_ = 0;
  bool ends_in_block_text_ = false;
};

// A path that often leads to something, and sometimes a little beyond it.
std::string some_path(Random& random, const Value& root) {
  std::string path;
  const Value* at = &root;
  for (std::size_t depth = 0; depth < 5; ++depth) {
    std::string step = kKeys[random.below(std::size(kKeys))];
    if (at != nullptr && at->is_object() && at->as_object().size() > 0 && !random.chance(4)) {
      step = at->as_object().keys()[random.below(at->as_object().size())].as_string();
    } else if (at != nullptr && at->is_array() && !at->as_array().empty()) {
      step = std::to_string(random.below(at->as_array().size()));
    }
    path += "/" + step;
    at = at == nullptr ? nullptr : child(*at, step);
    if (random.chance(3)) break;
  }
  return path;
}

Value some_value(Random& random, Arena& arena) {
  switch (random.below(4)) {
    case 0: return Value::boolean(random.chance(2));
    case 1: return Value::string(arena, random.chance(2) ? "RuntimeDefault" : "no: \"bare\" text");
    case 2: {
      ArrayBuilder items(arena);
      items.add(Value::string(arena, "ALL"));
      return items.finish();
    }
    default: {
      ObjectBuilder object(arena);
      object.add(Value::string(arena, "drop"), some_value(random, arena));
      return object.finish();
    }
  }
}

// The value without what stands at the steps; `depth` of them are looked at.
Value without(Arena& arena, const Value& value, std::span<const std::string> steps) {
  if (value.is_array()) {
    ArrayBuilder items(arena);
    for (std::size_t i = 0; i < value.as_array().size(); ++i) {
      const bool is_it = std::to_string(i) == steps.front();
      if (!is_it) items.add(value.as_array()[i]);
      if (is_it && steps.size() > 1) items.add(without(arena, value.as_array()[i], steps.subspan(1)));
    }
    return items.finish();
  }
  if (!value.is_object()) return Value::null();
  ObjectBuilder object(arena);
  for (std::uint32_t i = 0; i < value.as_object().size(); ++i) {
    const Value& key = value.as_object().keys()[i];
    const bool is_it = key.as_string() == steps.front();
    if (!is_it) object.add(key, value.as_object().values()[i]);
    if (is_it && steps.size() > 1) object.add(key, without(arena, value.as_object().values()[i], steps.subspan(1)));
  }
  return object.finish();
}

std::size_t comments_in(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find("# c"); at != std::string_view::npos; at = text.find("# c", at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("an edit changes what it is meant to and nothing else") {
  std::size_t made = 0;
  std::size_t refused = 0;
  const bool holds = rc::check("an edit changes what it is meant to and nothing else", [&] {
    Random random(*rc::gen::arbitrary<std::uint32_t>());
    const bool is_json = random.chance(3);
    const std::string text = Writer(random, is_json).document();
    Arena arena;
    const Format format = is_json ? Format::Json : Format::Yaml;
    const Result<Document, ReadError> document = Reader().read(arena, text, format, {});
    if (!document) RC_FAIL(document.error().one_line() + "\n" + text);
    fix::Operation operation{static_cast<fix::Operation::Kind>(random.below(3)), some_path(random, document->root()),
                             some_value(random, arena)};
    RC_LOG() << text << "\n"
             << static_cast<int>(operation.kind) << " " << operation.path << " " << to_json(operation.value) << "\n";
    const fix::Wanted wanted[] = {{{operation}}};
    const fix::Made result = fix::make_fixes(*document, wanted).front();
    // A refusal has its reason; an edit that did not read back would be a fault of ours.
    // But for the line end before a last line: where that goes, a block text above it may lose its own.
    const bool ends_open = !text.ends_with('\n') && operation.kind == fix::Operation::Kind::Remove;
    RC_ASSERT(ends_open || result.refusal != "the text does not read back as it was meant to");
    if (!result.refusal.empty()) {
      ++refused;
      RC_ASSERT(result.edits.empty());
      return;
    }
    ++made;
    std::vector<fix::Edit> edits;
    for (const TextEdit& edit : result.edits)
      edits.push_back({static_cast<std::size_t>(edit.begin), static_cast<std::size_t>(edit.end), edit.text});
    const std::string after_text = fix::apply_edits(text, edits);
    RC_LOG() << "---\n" << after_text;
    Arena after_arena;
    const Result<Document, ReadError> after = Reader().read(after_arena, after_text, format, {});
    RC_ASSERT(after.has_value());

    std::vector<std::string> steps = pointer_steps(operation.path);
    const Value* there = value_at(after->root(), operation.path);
    if (operation.kind == fix::Operation::Kind::Set) {
      RC_ASSERT(there != nullptr);
      RC_ASSERT(to_json(*there) == to_json(operation.value));
    }
    // The rest: without the first step that was not there before, both are the same. An item that is taken out moves
    // the others up.
    std::size_t depth = 0;
    const Value* at = &document->root();
    for (; depth < steps.size() && at != nullptr && !at->is_null(); ++depth) at = child(*at, steps[depth]);
    const std::span<const std::string> changed = std::span(steps).first(std::max<std::size_t>(depth, 1));
    const bool is_removed = operation.kind == fix::Operation::Kind::Remove;
    const Value rest = is_removed ? after->root() : without(after_arena, after->root(), changed);
    RC_ASSERT(to_json(without(arena, document->root(), changed)) == to_json(rest));
    if (!is_removed && (at == nullptr || !at->is_collection())) RC_ASSERT(comments_in(after_text) == comments_in(text));
  });
  CHECK(holds);
  CHECK(made > 0);
  CHECK(refused > 0);
}
