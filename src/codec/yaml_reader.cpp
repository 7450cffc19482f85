// The walk over a YAML tree that makes values. Aliases are walked again where they stand, so that every node of the
// expanded tree has its own origin.
#include "codec/yaml_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::codec {
namespace {

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// What `!!binary` holds, as go-yaml decodes it.
bool decode_base64(std::string_view text, std::string& out) {
  std::string digits;
  for (const char c : text) {
    if (c != '\n' && c != '\r') digits += c;
  }
  if (digits.size() % 4 != 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && !digits.empty() && digits.back() == '=') {
    digits.pop_back();
    ++padding;
  }
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const int digit = base64_digit(c);
    if (digit < 0) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  return true;
}

class Walk {
 public:
  Walk(const ReadContext& context, const YamlTree& tree, std::vector<Member>& pending, RawError& error,
       std::string* go_message)
      : context_(context), tree_(tree), pending_(pending), error_(error), go_message_(go_message) {}

  bool run(Parts& parts) {
    pending_.clear();
    if (context_.first_origin != 0) starts_ = context_.arena.allocate_array<std::uint32_t>(tree_.nodes[0].expanded);
    Value root;
    if (!node(0, root)) return false;
    parts.root = root;
    parts.node_count = nodes_;
    parts.node_starts = starts_;
    return true;
  }

 private:
  bool fail(std::string_view code, std::uint32_t at, std::string message) {
    const YamlNode& place = tree_.nodes[at];
    error_.code = code;
    error_.message = std::move(message);
    error_.begin = place.begin;
    error_.end = place.end;
    return false;
  }

  // Recursion is as deep as the limit on nesting allows, which parse_yaml has checked with aliases expanded.
  bool node(std::uint32_t index, Value& out) {
    const std::uint32_t number = nodes_++;
    std::uint32_t origin = 0;
    if (starts_ != nullptr) {
      starts_[number] = tree_.nodes[index].begin;
      origin = context_.first_origin + number;
    }
    const std::uint32_t source = resolve_alias(tree_, index);
    bool is_good = false;
    switch (tree_.nodes[source].kind) {
      case NodeKind::Scalar: is_good = scalar(source, out); break;
      case NodeKind::List: is_good = list(source, out); break;
      case NodeKind::Map: is_good = map(source, out); break;
      case NodeKind::Alias: return false;  // resolve_alias never leads to one
    }
    if (is_good) out = out.with_origin(origin);
    return is_good;
  }

  bool list(std::uint32_t index, Value& out) {
    const std::size_t first = pending_.size();
    const std::uint32_t end = tree_.nodes[index].next;
    for (std::uint32_t item = index + 1; item < end; item = tree_.nodes[item].next) {
      Value value;
      if (!node(item, value)) return false;
      pending_.emplace_back().value = value;
    }
    const std::size_t size = pending_.size() - first;
    if (size == 0) {
      out = empty_array();
      return true;
    }
    Value* items = context_.arena.allocate_array<Value>(size);
    for (std::size_t i = 0; i < size; ++i) items[i] = pending_[first + i].value;
    pending_.resize(first);
    out = Value::array({items, size});
    return true;
  }

  bool map(std::uint32_t index, Value& out) {
    const std::size_t first = pending_.size();
    if (has_merge_key(tree_, index)) {
      std::vector<YamlPair> pairs;
      if (!expand_merges(context_, tree_, index, pairs, error_)) return false;
      for (const YamlPair& pair : pairs) {
        if (!add_pair(pair)) return false;
      }
    } else {
      const std::uint32_t end = tree_.nodes[index].next;
      for (std::uint32_t key = index + 1; key < end;) {
        const std::uint32_t value = tree_.nodes[key].next;
        if (!add_pair({key, value})) return false;
        key = tree_.nodes[value].next;
      }
    }
    DuplicateMembers duplicate;
    const auto size = static_cast<std::uint32_t>(pending_.size() - first);
    if (!finish_object(context_, pending_.data() + first, size, out, duplicate)) return fail_duplicate(duplicate);
    pending_.resize(first);
    return true;
  }

  bool add_pair(YamlPair pair) {
    std::string storage;
    std::string_view key;
    if (!key_text(context_, tree_, pair.key, storage, key, error_)) return false;
    if (!storage.empty()) key = context_.arena.copy(storage);
    // The member is made after its value, as the value's members use the same scratch.
    Member member{};
    set_key(member, key, name_prefix(key), tree_.nodes[pair.key].begin, context_.key_table);
    Value value;
    if (!node(pair.value, value)) return false;
    pending_.emplace_back(member).value = value;
    return true;
  }

  bool fail_duplicate(const DuplicateMembers& duplicate) {
    const auto key_end = [&](std::uint32_t begin) {
      for (const YamlNode& candidate : tree_.nodes) {
        if (candidate.begin == begin && candidate.kind != NodeKind::Map && candidate.kind != NodeKind::List)
          return candidate.end;
      }
      return begin + 1;
    };
    error_.code = "duplicate_key";
    error_.message = fmt::format("key {} stands twice in one map", quoted_for_message(duplicate.key));
    error_.begin = duplicate.second_begin;
    error_.end = key_end(duplicate.second_begin);
    error_.notes.push_back({duplicate.first_begin, key_end(duplicate.first_begin), "it stands here first"});
    error_.help.emplace_back("remove one of the two: readers of YAML do not agree on which of them counts");
    return false;
  }

  bool scalar(std::uint32_t index, Value& out) {
    const YamlNode& source = tree_.nodes[index];
    const std::string_view text = source.as_text();
    if (is_text_scalar(source)) {
      if (source.tag == YamlTag::Binary) return binary(index, out);
      out = Value::string(text);
      return true;
    }
    bool is_too_big = false;
    Scalar found = resolve_plain(text, context_.rules.scalars, is_too_big);
    std::string rfc3339;
    if (source.tag == YamlTag::Timestamp && parse_timestamp(text, rfc3339)) {
      out = Value::string(context_.arena, rfc3339);
      return true;
    }
    if (!check_kind(index, found)) return false;
    switch (found.kind) {
      case Scalar::Kind::Null: out = Value::null(); return true;
      case Scalar::Kind::Bool: out = Value::boolean(found.truth); return true;
      case Scalar::Kind::Int:
        out = context_.rules.integers == Numbers::Exact ? Value::integer(found.integer)
                                                        : double_number(static_cast<double>(found.integer));
        return true;
      case Scalar::Kind::Unsigned:
        out = context_.rules.integers == Numbers::Exact ? number_from_unsigned(context_.arena, found.unsigned_integer)
                                                        : double_number(static_cast<double>(found.unsigned_integer));
        return true;
      case Scalar::Kind::Float: return floating(index, found, out);
      case Scalar::Kind::Infinity:
      case Scalar::Kind::NegativeInfinity:
      case Scalar::Kind::NotANumber:
        if (go_message_ != nullptr) {
          *go_message_ = fmt::format("json: unsupported value: {}", found.kind == Scalar::Kind::NotANumber ? "NaN"
                                                                    : found.kind == Scalar::Kind::Infinity ? "+Inf"
                                                                                                           : "-Inf");
        }
        return fail("bad_number", index, fmt::format("{} is no number that JSON has", quoted_for_message(text)));
      case Scalar::Kind::Timestamp:
        (void)parse_timestamp(text, rfc3339);
        out = Value::string(context_.arena, rfc3339);
        return true;
      case Scalar::Kind::Merge:
      case Scalar::Kind::Text: break;
    }
    if (is_too_big && context_.rules.strict) {
      return fail("bad_number", index,
                  fmt::format("number {} is beyond what a double holds: Kubernetes reads it as text",
                              quoted_for_message(text)));
    }
    out = Value::string(text);
    return true;
  }

  // Whether the tag and what the text looks like agree.
  bool check_kind(std::uint32_t index, Scalar& found) {
    using Kind = Scalar::Kind;
    const bool is_integer = found.kind == Kind::Int || found.kind == Kind::Unsigned;
    const bool is_float = found.kind == Kind::Float || found.kind == Kind::Infinity ||
                          found.kind == Kind::NegativeInfinity || found.kind == Kind::NotANumber;
    std::string_view wanted;
    bool is_good = true;
    switch (tree_.nodes[index].tag) {
      case YamlTag::Null:
        wanted = "null";
        is_good = found.kind == Kind::Null;
        break;
      case YamlTag::Bool:
        wanted = "bool";
        is_good = found.kind == Kind::Bool;
        break;
      case YamlTag::Int:
        wanted = "int";
        is_good = is_integer;
        break;
      case YamlTag::Float:
        wanted = "float";
        is_good = is_float || is_integer;
        break;
      case YamlTag::Timestamp:
        wanted = "timestamp";
        is_good = false;
        break;
      case YamlTag::None:
      case YamlTag::Str:
      case YamlTag::Map:
      case YamlTag::Seq:
      case YamlTag::Binary:
      case YamlTag::Merge:
      case YamlTag::Set:
      case YamlTag::Omap:
      case YamlTag::Other: break;
    }
    if (is_good) return true;
    const std::string_view text = tree_.nodes[index].as_text();
    const std::string_view is = found.kind == Kind::Null   ? "null"
                                : found.kind == Kind::Bool ? "bool"
                                : is_integer               ? "int"
                                : is_float                 ? "float"
                                                           : "str";
    if (go_message_ != nullptr) *go_message_ = fmt::format("yaml: cannot decode !!{} `{}` as a !!{}", is, text, wanted);
    return fail("yaml_tag", index, fmt::format("{} is not a !!{}", quoted_for_message(text), wanted));
  }

  [[nodiscard]] Value double_number(double number) const {
    return number_from_text(context_.arena, format_json_double(number));
  }

  bool floating(std::uint32_t index, const Scalar& found, Value& out) {
    if (context_.rules.yaml_floats == Numbers::AsDouble) {
      out = double_number(found.number);
      return true;
    }
    const std::string_view text = tree_.nodes[index].as_text();
    if (text.size() > context_.limits.number_bytes || found.literal_size == 0) {
      return fail("limit_number_bytes", index,
                  fmt::format("number of {} bytes: at most {} are read", text.size(), context_.limits.number_bytes));
    }
    // What is too small for a double is zero to Kubernetes, and so is a zero whose exponent is beyond what can be kept.
    if (found.number == 0) {
      const std::size_t first = text.find_first_of("123456789");
      const bool is_spelt_zero = first == std::string_view::npos || first > text.find_first_of("eE");
      out = is_spelt_zero ? number_from_text(context_.arena, found.literal_text()) : Value();
      if (!out.is_defined()) out = Value::integer(0);
      return true;
    }
    out = number_from_text(context_.arena, found.literal_text());
    return out.is_defined() ? true
                            : fail("bad_number", index, fmt::format("number {} is too big", quoted_for_message(text)));
  }

  bool binary(std::uint32_t index, Value& out) {
    std::string bytes;
    if (!decode_base64(tree_.nodes[index].as_text(), bytes)) {
      if (go_message_ != nullptr) *go_message_ = "yaml: !!binary value contains invalid base64 data";
      return fail("yaml_tag", index, "!!binary wants base64");
    }
    out = Value::string(context_.arena, bytes);
    return true;
  }

  const ReadContext& context_;
  const YamlTree& tree_;
  std::vector<Member>& pending_;
  RawError& error_;
  std::string* go_message_;
  std::uint32_t* starts_ = nullptr;
  std::uint32_t nodes_ = 0;
};

}  // namespace

bool YamlReader::read(const ReadContext& context, std::string_view text, bool is_ascii, Parts& parts, bool& is_empty,
                      RawError& error, std::string* go_message) {
  if (!parse_yaml(context, text, is_ascii, tree_, error, go_message)) return false;
  is_empty = tree_.is_empty;
  if (tree_.nodes.empty()) {
    parts.root = Value::null();
    return true;
  }
  const YamlNode& root = tree_.nodes[0];
  if (root.kind == NodeKind::Map && root.next > 1) {
    const std::uint32_t second = tree_.nodes[tree_.nodes[1].next].next;
    if (second < root.next) parts.second_key = tree_.nodes[second].begin;
  }
  parts.has_anchors = tree_.has_anchors;
  const bool is_good = Walk(context, tree_, pending_, error, go_message).run(parts);
  constexpr std::size_t kKeptBytes = 16U * 1024 * 1024;
  if (tree_.nodes.capacity() * sizeof(YamlNode) > kKeptBytes) std::vector<YamlNode>().swap(tree_.nodes);
  return is_good;
}

}  // namespace psdl::codec
