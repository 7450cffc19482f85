// One text, one document: bytes checked, copied into the arena, given to the reader of their format, measured against
// the limits.
#include "codec/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/limit_names.hpp"
#include "codec/go_json.hpp"
#include "codec/internal.hpp"
#include "codec/json_reader.hpp"
#include "codec/yaml_checks.hpp"
#include "codec/yaml_reader.hpp"

namespace psdl {

struct Reader::Scratch {
  codec::JsonReader json;
  codec::YamlReader yaml;
};

namespace {

using codec::Parts;
using codec::RawError;
using codec::ReadContext;

const Limits kDefaultLimits;

constexpr std::string_view kBom = "\xEF\xBB\xBF";

std::string_view copy_padded(Arena& arena, std::string_view before, std::string_view text, std::string_view after) {
  const std::size_t size = before.size() + text.size() + after.size();
  char* bytes = static_cast<char*>(arena.allocate(size + codec::kPadding, 64));
  char* at = bytes;
  for (const std::string_view part : {before, text, after}) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  std::memset(at, 0, codec::kPadding);
  return {bytes, size};
}

// How large one object is, where a list is measured item by item.
class Sizes {
 public:
  Sizes(const Parts& parts, const Limits& limits, RawError& error) : parts_(parts), limits_(limits), error_(error) {}

  bool check() { return object(parts_.root, 0, parts_.text.size(), parts_.first_origin + parts_.node_count); }

 private:
  [[nodiscard]] std::size_t start_of(const Value& value) const {
    return parts_.node_starts[value.origin() - parts_.first_origin];
  }

  // `value` is the root or an item; it begins at a byte, ends before another, and its nodes end before `end_origin`.
  bool object(const Value& value, std::size_t begin, std::size_t end, std::uint32_t end_origin) {
    const bool are_nodes_limited = parts_.format == Format::Yaml;
    std::size_t bytes = end - begin;
    std::uint32_t nodes = end_origin - value.origin();
    const Value* items = value.is_object() ? value.as_object().find_text("items") : nullptr;
    const bool is_small = bytes <= limits_.object_bytes && (!are_nodes_limited || nodes <= limits_.yaml_nodes);
    if (is_small) return true;
    if (items != nullptr && items->is_array()) {
      const std::span<const Value> list = items->as_array();
      for (std::size_t i = 0; i < list.size(); ++i) {
        const std::size_t item_begin = start_of(list[i]);
        const bool is_last = i + 1 == list.size();
        // Items that are aliases stand elsewhere in the text: their size was counted there.
        const std::size_t item_end = is_last ? std::max(item_begin, end) : std::max(item_begin, start_of(list[i + 1]));
        const std::uint32_t item_end_origin = is_last ? end_origin : list[i + 1].origin();
        if (!object(list[i], item_begin, item_end, item_end_origin)) return false;
        bytes -= std::min(bytes, item_end - item_begin);
        nodes -= item_end_origin - list[i].origin();
      }
      if (bytes <= limits_.object_bytes && (!are_nodes_limited || nodes <= limits_.yaml_nodes)) return true;
    }
    if (bytes > limits_.object_bytes) {
      return fail(
          "limit_object_bytes", begin,
          fmt::format("object of {} bytes: {} is {}", bytes, limit_name("object_bytes"), limits_.object_bytes));
    }
    return fail(
        "limit_yaml_nodes", begin,
        fmt::format("object of {} YAML nodes: {} is {}", nodes, limit_name("yaml_nodes"), limits_.yaml_nodes));
  }

  bool fail(std::string_view code, std::size_t at, std::string message) {
    error_.code = code;
    error_.message = std::move(message);
    error_.begin = at;
    error_.end = at;
    return false;
  }

  const Parts& parts_;
  const Limits& limits_;
  RawError& error_;
};

// Whether an object beyond the limit may still be a list whose items are within it; saves reading what is refused
// anyway.
bool may_be_list(std::string_view text) {
  return text.find("items") != std::string_view::npos || text.find("\\u00") != std::string_view::npos;
}

void explain_template(std::string_view text, RawError& error) {
  std::size_t begin = 0;
  std::size_t end = 0;
  if (!codec::find_template_action(text, begin, end)) return;
  const std::string action(text.substr(begin, std::min<std::size_t>(end - begin, 200)));
  const std::string was = error.message;
  const std::size_t at = error.begin;
  const bool is_at_end = error.is_at_end;
  error = {};
  error.is_at_end = is_at_end;
  error.code = "helm_template";
  error.message =
      fmt::format("this is a Helm template, not a manifest: it holds {}", codec::quoted_for_message(action));
  error.begin = begin;
  error.end = end;
  error.notes.push_back({at, at + 1, "as YAML it fails here: " + was});
  error.help.emplace_back("render it first: helm template CHART | psdl scan -");
}

bool read_yaml(codec::YamlReader& yaml, const ReadContext& context, std::string_view text, Parts& parts,
               RawError& error, std::string* go_message) {
  codec::TextFacts facts;
  bool is_empty = false;
  if (!codec::check_characters(text, context.rules.strict, facts, error)) return false;
  const bool is_good = (!context.rules.strict || codec::check_marker_lines(text, error)) &&
                       yaml.read(context, text, facts.is_ascii, parts, is_empty, error, go_message);
  if (!is_good && error.code != "duplicate_key" && !error.code.starts_with("limit_")) explain_template(text, error);
  return is_good;
}

// Everything but the owner of the arena. `place` counts from the text's first byte, a BOM included.
bool read_parts(Reader::Scratch& scratch, Arena& arena, std::string_view text, Format format, const ReadRules& rules,
                const Limits& limits, const KeyTable* key_table, std::uint32_t first_origin, Parts& parts,
                StreamPlace& place, RawError& error, std::string* go_message, std::string_view before = {},
                std::string_view after = {}) {
  parts.format = format;
  parts.first_origin = first_origin;
  parts.rules = rules;
  if (text.size() >= UINT32_MAX - codec::kPadding || text.size() > (rules.strict ? SIZE_MAX : limits.data_bytes)) {
    const std::string_view limit = rules.strict ? "object_bytes" : "data_bytes";
    error.code = fmt::format("limit_{}", limit);
    error.message = fmt::format("text of {} bytes: {} is {}", text.size(), limit_name(limit),
                                rules.strict ? limits.object_bytes : limits.data_bytes);
    return false;
  }
  const bool is_piece = !before.empty();
  const std::string_view foreign = is_piece ? std::string_view() : codec::foreign_encoding(text);
  if (!foreign.empty()) {
    error.code = "bad_encoding";
    error.message = fmt::format("the text is {}: only UTF-8 is read", foreign);
    error.help.emplace_back(fmt::format("save the file as UTF-8, for example: iconv -f {} -t UTF-8", foreign));
    return false;
  }
  if (!is_piece && text.starts_with(kBom)) {
    text.remove_prefix(kBom.size());
    place.offset += kBom.size();
  }
  if (rules.strict && text.size() > limits.object_bytes && !may_be_list(text)) {
    error.code = "limit_object_bytes";
    error.message =
        fmt::format("object of {} bytes: {} is {}", text.size(), limit_name("object_bytes"), limits.object_bytes);
    return false;
  }
  const ReadContext context{arena, rules, limits, key_table, first_origin};
  parts.text = copy_padded(arena, before, text, after);
  const bool is_good = format == Format::Json ? scratch.json.read(context, parts.text, parts, error)
                                              : read_yaml(scratch.yaml, context, parts.text, parts, error, go_message);
  if (!is_good) return false;
  return !rules.strict || parts.node_starts == nullptr || Sizes(parts, limits, error).check();
}

// What was found in a text with `size` bytes before it, for the text alone.
void take_off(RawError& error, std::size_t size) {
  const auto shift = [&](std::size_t& at) { at -= std::min(at, size); };
  shift(error.begin);
  shift(error.end);
  for (codec::RawNote& note : error.notes) {
    shift(note.begin);
    shift(note.end);
  }
}

// Errors that mean "this is not JSON at all": the text may still be YAML.
bool is_other_format(const ReadError& error) {
  return error.code == "json_syntax";
}

}  // namespace

Reader::Reader() : scratch_(std::make_unique<Scratch>()) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<Document, ReadError> Reader::read(Arena& arena, std::string_view text, Format format,
                                         const ReadOptions& options) {
  const Limits& limits = options.limits == nullptr ? kDefaultLimits : *options.limits;
  Parts parts;
  StreamPlace place = options.place;
  RawError error;
  if (format == Format::Json) scratch_->json.remember_keys(options.key_table);
  if (!read_parts(*scratch_, arena, text, format, options.rules, limits, options.key_table.get(), options.first_origin,
                  parts, place, error, nullptr, options.before, options.after)) {
    take_off(error, options.before.size());
    return codec::make_read_error(std::move(error), options.before.empty() && text.starts_with(kBom) ? text.substr(kBom.size()) : text, place);
  }
  second_key_ = parts.second_key;
  has_anchors_ = parts.has_anchors;
  place.stream = arena.copy(place.stream);
  if (!options.before.empty()) {
    place.offset -= options.before.size();
    if (options.before.ends_with('\n')) {
      --place.line;
    } else {
      place.column -= static_cast<std::uint32_t>(options.before.size());  // may wrap: nobody asks for those columns
    }
  }
  return Document(nullptr, parts, options.key_table, place);
}

Result<Document, ReadError> Reader::read(std::string_view text, Format format, const ReadOptions& options) {
  auto arena = std::make_unique<Arena>();
  Result<Document, ReadError> document = read(*arena, text, format, options);
  if (document) document->own(std::move(arena));
  return document;
}

Result<Value, ReadError> Reader::read_value(Arena& arena, std::string_view text, Format format, const ReadRules& rules,
                                            const Limits& limits, const KeyTable* key_table) {
  Parts parts;
  StreamPlace place;
  RawError error;
  if (!read_parts(*scratch_, arena, text, format, rules, limits, key_table, 0, parts, place, error, nullptr)) {
    return codec::make_read_error(std::move(error), text, place);
  }
  return parts.root;
}

std::shared_ptr<const KeyTable> with_own_count(std::shared_ptr<const KeyTable> table) {
  if (table == nullptr) return table;
  const auto owner = std::make_shared<const std::shared_ptr<const KeyTable>>(std::move(table));
  return {owner, owner->get()};
}

Result<Value> read_value_json(Arena& arena, std::string_view text, const ReadRules& rules, const Limits& limits,
                              const KeyTable* key_table) {
  Reader::Scratch scratch;
  Parts parts;
  StreamPlace place;
  RawError error;
  const ReadContext context{arena, rules, limits, key_table, 0};
  if (text.size() > limits.data_bytes)
    return Error{"limit_data_bytes",
                 fmt::format("text of {} bytes: {} is {}", text.size(), limit_name("data_bytes"), limits.data_bytes)};
  parts.text = copy_padded(arena, {}, text, {});
  if (scratch.json.read(context, parts.text, parts, error)) return parts.root;
  std::string message = error.message;
  if (!rules.strict && !error.code.starts_with("limit_")) {
    std::string go = codec::go_json_error(text);
    if (!go.empty()) message = std::move(go);
  }
  return Error{error.code, std::move(message)};
}

Result<Value> read_value_yaml(Arena& arena, std::string_view text, const ReadRules& rules, const Limits& limits,
                              const KeyTable* key_table) {
  Reader::Scratch scratch;
  Parts parts;
  StreamPlace place;
  RawError error;
  std::string go_message;
  if (read_parts(scratch, arena, text, Format::Yaml, rules, limits, key_table, 0, parts, place, error, &go_message))
    return parts.root;
  return Error{error.code, go_message.empty() ? error.message : go_message};
}

Result<Document, ReadError> read_data(Reader& reader, Arena& arena, std::string_view text, const ReadOptions& options) {
  Result<Document, ReadError> as_json = reader.read(arena, text, Format::Json, options);
  if (as_json || !is_other_format(as_json.error())) return as_json;
  Result<Document, ReadError> as_yaml = reader.read(arena, text, Format::Yaml, options);
  if (as_yaml || !options.place.stream.ends_with(".json")) return as_yaml;
  return as_json;
}

bool is_valid_json(std::string_view text, const Limits& limits) {
  Arena arena;
  ReadRules rules = ReadRules::opa();
  return read_value_json(arena, text, rules, limits).has_value();
}

}  // namespace psdl
