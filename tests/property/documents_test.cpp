// One generated document, written as JSON, as flow YAML and as block YAML. In: random trees; out: the three readings agree, in
// values and in the numbers of their nodes.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/reader.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

// A document before it is written.
struct Tree {
  enum class Kind { Scalar, Text, List, Map } kind = Kind::Scalar;
  std::string text;  // of a scalar: as JSON has it; of a text: its characters
  std::vector<std::pair<std::string, Tree>> members;  // keys are empty in a list
};

std::string any_text() {
  static const std::vector<std::string> pieces = {"a",  "B",  "z",  "0",  "7",   " ",    ": ",  "#",   " #",   "-",  "- ",  "\"", "'",
                                                  "\\", "\n", "\t", "{",  "}",   "[",    "]",   ",",   "&",    "*",  "!",   "%",  "@",
                                                  "yes", "no", "on", "null", "~", "true", "0x1", "1e3", "1:30", "é",  "日本", "😀", "=",
                                                  "<<", "|",  ">",  "?",  "`",   "/",    ".",   "\u00a0", "\u2028"};
  std::string text;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) text += *rc::gen::elementOf(pieces);
  return text;
}

std::string any_scalar() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return "null";
    case 1: return "true";
    case 2: return "false";
    case 3: return std::to_string(*rc::gen::arbitrary<std::int64_t>());
    case 4: return std::to_string(*rc::gen::inRange(-99, 100)) + "." + std::to_string(*rc::gen::inRange(0, 1000));
    default: return std::to_string(*rc::gen::inRange(0, 100));
  }
}

Tree any_tree(int depth) {
  Tree made;
  switch (*rc::gen::inRange(depth > 0 ? 0 : 2, depth > 3 ? 2 : 4)) {
    case 0: {
      made.kind = Tree::Kind::Map;
      const int count = *rc::gen::inRange(0, 6);
      for (int i = 0; i < count; ++i) {
        std::string key = any_text();
        bool is_new = true;
        for (const auto& [known, value] : made.members) is_new = is_new && known != key;
        if (is_new) made.members.emplace_back(std::move(key), any_tree(depth - 1));
      }
      break;
    }
    case 1: {
      made.kind = Tree::Kind::List;
      const int count = *rc::gen::inRange(0, 5);
      for (int i = 0; i < count; ++i) made.members.emplace_back(std::string(), any_tree(depth - 1));
      break;
    }
    case 2:
      made.kind = Tree::Kind::Text;
      made.text = any_text();
      break;
    default: made.text = any_scalar(); break;
  }
  return made;
}

// A double-quoted text as JSON and YAML both read it.
std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

// The same, or in single quotes, or bare where that cannot be read as anything else.
std::string any_yaml_text(std::string_view text) {
  const bool is_word = text.size() > 5 && text.find_first_not_of("abBz") == std::string_view::npos;
  if (is_word && *rc::gen::arbitrary<bool>()) return std::string(text);
  const bool has_controls = text.find_first_of("\n\t\\") != std::string_view::npos || text.find("\u2028") != std::string_view::npos;
  if (has_controls || *rc::gen::arbitrary<bool>()) return quoted(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

void append_blanks(std::string& out) {
  if (*rc::gen::inRange(0, 4) == 0) out += *rc::gen::element<std::string>(" ", "\n", "  ", "\t");
}

void append_json(std::string& out, const Tree& tree) {
  if (tree.kind == Tree::Kind::Scalar) {
    out += tree.text;
  } else if (tree.kind == Tree::Kind::Text) {
    out += quoted(tree.text);
  } else {
    const bool is_map = tree.kind == Tree::Kind::Map;
    out += is_map ? '{' : '[';
    for (std::size_t i = 0; i < tree.members.size(); ++i) {
      if (i > 0) out += ',';
      append_blanks(out);
      if (is_map) out += quoted(tree.members[i].first) + ":";
      append_blanks(out);
      append_json(out, tree.members[i].second);
    }
    append_blanks(out);
    out += is_map ? '}' : ']';
  }
}

void append_flow(std::string& out, const Tree& tree) {
  if (tree.kind == Tree::Kind::Scalar) {
    out += tree.text;
  } else if (tree.kind == Tree::Kind::Text) {
    out += any_yaml_text(tree.text);
  } else {
    const bool is_map = tree.kind == Tree::Kind::Map;
    out += is_map ? "{" : "[";
    for (std::size_t i = 0; i < tree.members.size(); ++i) {
      if (i > 0) out += ", ";
      if (is_map) out += any_yaml_text(tree.members[i].first) + ": ";
      append_flow(out, tree.members[i].second);
    }
    out += is_map ? " }" : " ]";
  }
}

// After "key:" or "-", at the end of a line; empty collections and some of the others are flow.
void append_block(std::string& out, const Tree& tree, std::size_t indent) {
  const bool is_scalar = tree.kind == Tree::Kind::Scalar || tree.kind == Tree::Kind::Text;
  if (is_scalar || tree.members.empty() || *rc::gen::inRange(0, 6) == 0) {
    out += ' ';
    append_flow(out, tree);
    if (*rc::gen::inRange(0, 6) == 0) out += " # said here";
    return;
  }
  for (const auto& [key, value] : tree.members) {
    if (*rc::gen::inRange(0, 8) == 0) out += "\n\n" + std::string(indent, ' ') + "# a comment";
    out += '\n' + std::string(indent, ' ');
    out += tree.kind == Tree::Kind::Map ? any_yaml_text(key) + ":" : std::string("-");
    append_block(out, value, indent + static_cast<std::size_t>(*rc::gen::inRange(1, 4)));
  }
}

struct Reading {
  Arena arena;
  Reader reader;
  Value root;
  std::uint32_t nodes = 0;

  Reading(std::string_view text, Format format, const std::shared_ptr<const KeyTable>& keys) {
    ReadOptions options;
    options.key_table = keys;
    const Result<Document, ReadError> document = reader.read(arena, text, format, options);
    if (!document) RC_FAIL(document.error().one_line() + "\n" + std::string(text));
    root = document->root();
    nodes = document->node_count();
  }
};

// Both are known to be equal: same keys, same lengths.
bool same_origins(const Value& left, const Value& right) {
  if (left.origin() != right.origin()) return false;
  if (left.is_array()) {
    for (std::uint32_t i = 0; i < left.length(); ++i) {
      if (!same_origins(left.as_array()[i], right.as_array()[i])) return false;
    }
  }
  if (left.is_object()) {
    for (std::uint32_t i = 0; i < left.as_object().size(); ++i) {
      if (left.as_object().keys()[i].origin() != right.as_object().keys()[i].origin()) return false;
      if (!same_origins(left.as_object().values()[i], right.as_object().values()[i])) return false;
    }
  }
  return true;
}

void check_same(const Reading& json, const Reading& other, std::string_view text) {
  if (!equal(json.root, other.root)) RC_FAIL(to_json(json.root) + "\n" + to_json(other.root) + "\n" + std::string(text));
  RC_ASSERT(hash(json.root) == hash(other.root));
  RC_ASSERT(json.nodes == other.nodes);
  RC_ASSERT(same_origins(json.root, other.root));
}

}  // namespace

TEST_CASE("a document read as JSON, as flow YAML and as block YAML is one value with the same node numbers") {
  const std::vector<std::string_view> names = {"a", "B", "yes", "é", "null", "true"};
  const auto keys = std::make_shared<const KeyTable>(names);
  CHECK(rc::check("JSON, flow and block agree", [&] {
    const Tree tree = any_tree(4);
    std::string json;
    std::string flow;
    std::string block;
    append_json(json, tree);
    append_flow(flow, tree);
    append_block(block, tree, 0);
    const Reading from_json(json, Format::Json, keys);
    check_same(from_json, Reading(flow, Format::Yaml, keys), flow);
    check_same(from_json, Reading(block, Format::Yaml, keys), block);
  }));
}

TEST_CASE("a value written as JSON is read back as it was") {
  CHECK(rc::check("write then read", [] {
    std::string json;
    append_json(json, any_tree(4));
    const Reading first(json, Format::Json, nullptr);
    const std::string written = to_json(first.root);
    const Reading second(written, Format::Json, nullptr);
    RC_ASSERT(equal(first.root, second.root));
    RC_ASSERT(to_json(second.root) == written);
    Arena copies;
    const Value copy = copy_into(copies, first.root);
    RC_ASSERT(equal(copy, first.root));
    RC_ASSERT(same_origins(copy, first.root));
  }));
}
