// The three readers: gator's two, error texts included, and ours.
#include "gatekeeper/object.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/reader.hpp"
#include "codec/stream.hpp"
#include "codec/window.hpp"
#include "codec/yaml_scalars.hpp"
#include "gatekeeper/go_json.hpp"
#include "gatekeeper/go_yaml.hpp"
#include "gatekeeper/place.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"
#include "value/text.hpp"

namespace psdl::gatekeeper {
namespace {

using Objects = std::vector<ObjectPtr>;

ReadRules rules_of(Reading reading) {
  switch (reading) {
    case Reading::Verify: return ReadRules::gator_verify();
    case Reading::Test: return ReadRules::gator_test();
    case Reading::Native: break;
  }
  return ReadRules::kubernetes();
}

// A stretch of a file that is one document.
struct Piece {
  std::string_view text;
  StreamPlace place;
};

Result<Document, ReadError> read_piece(Reader& reader, const Piece& piece, Reading reading) {
  ReadOptions options;
  options.rules = rules_of(reading);
  options.place = piece.place;
  return reader.read(piece.text, Format::Yaml, options);
}

ObjectPtr make_object(Document document, std::string_view file, Reading reading) {
  return std::make_shared<const Object>(std::move(document), std::string(file), reading);
}

Piece whole(std::string_view text, std::string_view file) {
  Piece piece{text, {}};
  piece.place.stream = file;
  return piece;
}

// ---- Verify

bool is_blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r\v\f");
  return first == std::string_view::npos || line[first] == '#';
}

// What `gator verify` parses of a document: the lines that are more than blanks or a comment. Only its errors count
// lines so.
std::string without_comment_lines(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!is_blank_or_comment(text.substr(0, end))) kept.append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return kept;
}

bool has_content(std::string_view text) {
  return !without_comment_lines(text).empty();
}

// Split at every newline followed by `---`, whatever comes behind it.
std::vector<Piece> split_for_verify(std::string_view text, std::string_view file) {
  constexpr std::string_view kSeparator = "\n---";
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  std::uint32_t line = 1;
  for (std::uint32_t ordinal = 0;;) {
    const std::size_t end = std::min(text.find(kSeparator, begin), text.size());
    Piece piece = whole(text.substr(begin, end - begin), file);
    piece.place.offset = begin;
    piece.place.line = line;
    piece.place.column = begin == 0 ? 1 : 4;
    piece.place.ordinal = ordinal;
    if (has_content(piece.text)) {
      ++ordinal;
      pieces.push_back(piece);
    }
    if (end == text.size()) return pieces;
    line += static_cast<std::uint32_t>(std::count(piece.text.begin(), piece.text.end(), '\n')) + 1;
    begin = end + kSeparator.size();
  }
}

Refusal refuse_text(const Piece& piece, const ReadError& error, std::string text) {
  Refusal refusal;
  refusal.text = std::move(text);
  DiagnosticList::Impl list;
  list.add(error);
  refusal.problems = std::move(list.items);
  if (refusal.problems.front().place.file.empty()) refusal.problems.front().place.file = piece.place.stream;
  return refusal;
}

// Go's reader stops at the end of the first document, whatever follows: a line `...`, or `---` behind content.
std::string_view first_document(std::string_view text) {
  bool has_begun = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const bool is_marker = codec::is_marker(text, at);
    const bool is_end = line.starts_with("...") && (line.size() == 3 || line[3] == ' ' || line[3] == '\r');
    if (has_begun && (is_marker || is_end)) return text.substr(0, at);
    has_begun = has_begun || is_marker || !(is_blank_or_comment(line) || line.starts_with('%'));
    at = std::min(end + 1, text.size());
  }
  return text;
}

// Without a kind nothing is an object to Kubernetes' decoder.
bool has_kind(const Object& object) {
  const std::string_view version = object.api_version();
  return !object.kind().empty() && std::count(version.begin(), version.end(), '/') <= 1;
}

Result<ObjectPtr, Refusal> read_verify(Reader& reader, Piece piece, std::string_view parsed_by_gator,
                                       std::string_view file, KindCheck kind) {
  piece.text = first_document(piece.text);
  parsed_by_gator = first_document(parsed_by_gator);
  Result<Document, ReadError> document = read_piece(reader, piece, Reading::Verify);
  if (!document)
    return refuse_text(piece, document.error(), go_yaml_error(parsed_by_gator, document.error(), Reading::Verify));
  const Value root = document->root();
  const ObjectPtr object = make_object(std::move(document).value(), file, Reading::Verify);
  if (!root.is_object() && !root.is_null()) {
    return refuse(*object, root.origin(), "gatekeeper_yaml", go_not_a_map(parsed_by_gator, root),
                  "a map of fields is wanted here");
  }
  if (const std::uint32_t at = key_that_is_no_text(*object); at != 0) {
    return refuse(*object, at, "gatekeeper_yaml", "json: unsupported type: map[interface {}]interface {}",
                  "a key that is not text: put it in quotes");
  }
  if (kind == KindCheck::Required && !has_kind(*object)) {
    const std::string body = root.is_null() ? "{}" : to_json(root, {.html_safe = true});
    return refuse(*object, root.origin(), "gatekeeper_yaml", fmt::format("Object 'Kind' is missing in '{}'", body),
                  "the object has no `kind`");
  }
  return object;
}

// ---- Test

// `---` begins a line: the line ends a document, and nothing but a comment may follow on it.
Result<std::vector<Piece>, Refusal> split_for_test(std::string_view text, std::string_view file) {
  std::vector<Piece> pieces;
  std::size_t begin = 0;
  std::uint32_t begin_line = 1;
  std::uint32_t line = 1;
  const auto take = [&](std::size_t end) {
    if (end == begin) return;
    Piece piece = whole(text.substr(begin, end - begin), file);
    piece.place.offset = begin;
    piece.place.line = begin_line;
    piece.place.ordinal = static_cast<std::uint32_t>(pieces.size());
    pieces.push_back(piece);
  };
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::size_t next = std::min(end + 1, text.size());
    if (text.substr(at, 3) == "---") {
      std::string_view rest = text.substr(at + 3, end - at - 3);
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
      while (!rest.empty() && (rest.back() == ' ' || rest.back() == '\t' || rest.back() == '\r')) rest.remove_suffix(1);
      if (!rest.empty() && rest.front() != '#') {
        Refusal refusal;
        refusal.text = fmt::format("reading yaml source: invalid Yaml document separator: {}", rest);
        Problem problem;
        problem.code = "gatekeeper_yaml";
        problem.message = "a line that begins with `---` holds nothing else";
        problem.place.file = std::string(file);
        problem.place.line = line;
        problem.place.column = 1;
        problem.place.line_text = line_window(text.substr(at, end - at), 1, problem.place.line_text_from);
        refusal.problems.push_back(std::move(problem));
        return refusal;
      }
      take(at);
      begin = next;
      begin_line = line + 1;
    }
    at = next;
  }
  take(text.size());
  return pieces;
}

Result<ObjectPtr, Refusal> read_test(Reader& reader, Piece piece, std::string_view file) {
  piece.text = first_document(piece.text);
  Result<Document, ReadError> document = read_piece(reader, piece, Reading::Test);
  if (!document) {
    return refuse_text(piece, document.error(),
                       "error converting YAML to JSON: " + go_yaml_error(piece.text, document.error(), Reading::Test));
  }
  const Value root = document->root();
  const ObjectPtr object = make_object(std::move(document).value(), file, Reading::Test);
  if (root.is_object() || root.is_null()) return object;
  return refuse(
      *object, root.origin(), "gatekeeper_yaml",
      fmt::format("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type "
                  "map[string]interface {{}}",
                  json_type(root)),
      "a map of fields is wanted here");
}

// gator takes a text for JSON where a brace stands first among its first bytes, and for YAML where that fails.
bool looks_like_json(std::string_view text) {
  constexpr std::size_t kLookAhead = 1024;
  const std::size_t first = text.substr(0, kLookAhead).find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// ---- whole streams

// Numbers as Go's encoder writes the doubles that they are to `gator test`; the reader of JSON keeps the text of
// fractions.
Value with_doubles(Arena& arena, const Value& value) {
  if (value.is_number()) {
    return value.is_int()
               ? value
               : number_from_text(arena, codec::format_json_double(to_double(value))).with_origin(value.origin());
  }
  if (value.is_array()) {
    ArrayBuilder items(arena, value.length());
    for (const Value& item : value.as_array()) items.add(with_doubles(arena, item));
    return items.finish().with_origin(value.origin());
  }
  if (!value.is_object()) return copy_into(arena, value);
  ObjectBuilder members(arena);
  const psdl::Object& object = value.as_object();
  for (std::uint32_t i = 0; i < object.size(); ++i)
    members.add(copy_into(arena, object.keys()[i]), with_doubles(arena, object.values()[i]));
  return members.finish().with_origin(value.origin());
}

// A document of a stream lives until the next one is asked for; this copy keeps itself.
Document keep(const Document& from, Reading reading) {
  auto arena = std::make_unique<Arena>();
  Document::Parts parts;
  parts.root = reading == Reading::Test ? with_doubles(*arena, from.root()) : copy_into(*arena, from.root());
  parts.format = from.format();
  parts.text = arena->copy(from.text());
  parts.first_origin = from.first_origin();
  parts.node_count = from.node_count();
  std::uint32_t* starts = arena->allocate_array<std::uint32_t>(std::max<std::uint32_t>(from.node_count(), 1));
  for (std::uint32_t i = 0; i < from.node_count(); ++i) starts[i] = from.node_start(from.first_origin() + i);
  parts.node_starts = starts;
  parts.rules = from.rules();
  StreamPlace place = from.place();
  place.stream = arena->copy(place.stream);
  const Document base(nullptr, parts, from.key_table(), place);
  Document kept = base.part(parts.root, arena->copy(from.items_path()), arena->copy(from.root_pointer()));
  kept.own(std::move(arena));
  return kept;
}

// The first value that two trees of the same shape have otherwise; null where they are equal.
const Value* first_difference(const Value& left, const Value& right) {
  if (equal(left, right)) return nullptr;
  if (left.is_array() && right.is_array() && left.length() == right.length()) {
    for (std::uint32_t i = 0; i < left.length(); ++i) {
      const Value* found = first_difference(left.as_array()[i], right.as_array()[i]);
      if (found != nullptr) return found;
    }
  }
  if (left.is_object() && right.is_object() && left.as_object().size() == right.as_object().size()) {
    for (std::uint32_t i = 0; i < left.as_object().size(); ++i) {
      const Value* found = first_difference(left.as_object().values()[i], right.as_object().values()[i]);
      if (found != nullptr) return found;
    }
  }
  return &left;
}

Result<Objects, Refusal> read_stream(std::string_view text, std::string_view file, Reading reading,
                                     StreamFormat format) {
  MemoryInput input(text);
  StreamOptions options;
  options.name = std::string(file);
  options.format = format;
  options.rules = rules_of(reading);
  options.manifests = reading == Reading::Native;
  options.item_wise_bytes = 32U * 1024;  // items are copied with the text that they stand in
  DocumentStream stream(input, options);
  Objects objects;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) {
      const bool is_json = reading == Reading::Test;
      return refuse_text(whole(text, file), *step.error,
                         is_json ? go_json_stream_error(text, *step.error) : step.error->message);
    }
    if (step.document == nullptr) return objects;
    const Value& root = step.document->root();
    if (step.document->is_list() || root.is_null()) continue;
    if (root.is_object() && root.as_object().size() == 0 && reading == Reading::Test) continue;
    ObjectPtr object = make_object(keep(*step.document, reading), file, reading);
    if (!root.is_object()) {
      const std::string message =
          fmt::format("a map of fields is wanted here, this is of type {}", json_type(object->root()));
      return refuse(*object, object->root().origin(), "gatekeeper_yaml", message, message);
    }
    objects.push_back(std::move(object));
  }
}

Result<Objects, Refusal> read_all_for_verify(std::string_view text, std::string_view file) {
  Reader reader;
  Objects objects;
  for (const Piece& piece : split_for_verify(text, file)) {
    Result<ObjectPtr, Refusal> object =
        read_verify(reader, piece, without_comment_lines(piece.text), file, KindCheck::Required);
    if (!object) {
      Refusal refusal = object.error();
      refusal.text.insert(0, "invalid yaml: ");
      return refusal;
    }
    objects.push_back(std::move(*object));
  }
  return objects;
}

Result<Objects, Refusal> read_yaml_for_test(std::string_view text, std::string_view file) {
  const Result<std::vector<Piece>, Refusal> pieces = split_for_test(text, file);
  if (!pieces) return pieces.error();
  Reader reader;
  Objects objects;
  for (const Piece& piece : *pieces) {
    Result<ObjectPtr, Refusal> object = read_test(reader, piece, file);
    if (!object) {
      Refusal refusal = object.error();
      refusal.text.insert(0, "reading yaml source: ");
      return refusal;
    }
    const Value& root = (*object)->root();
    if (root.is_object() && root.as_object().size() > 0) objects.push_back(std::move(*object));
  }
  return objects;
}

Result<Objects, Refusal> read_all_for_test(std::string_view text, std::string_view file) {
  if (!looks_like_json(text)) return read_yaml_for_test(text, file);
  const Result<Objects, Refusal> as_json = read_stream(text, file, Reading::Test, StreamFormat::Json);
  if (as_json) return as_json;
  Result<Objects, Refusal> as_yaml = read_yaml_for_test(text, file);
  if (as_yaml) return as_yaml;
  // Where both fail it is the JSON that is told of.
  Refusal refusal = as_json.error();
  refusal.text.insert(0, "reading yaml source: ");
  return refusal;
}

}  // namespace

GroupVersion split_api_version(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  if (slash == std::string_view::npos) return {{}, api_version};
  if (api_version.find('/', slash + 1) != std::string_view::npos) return {};
  return {api_version.substr(0, slash), api_version.substr(slash + 1)};
}

std::string_view known_kind(const Value& root) {
  const std::string_view api_version = text_at(root, {"apiVersion"});
  const bool is_broken = std::count(api_version.begin(), api_version.end(), '/') > 1;
  return is_broken ? std::string_view() : text_at(root, {"kind"});
}

Object::Object(Document document, std::string file, Reading reading)
    : document_(std::move(document)), file_(std::move(file)), reading_(reading) {}

std::string_view Object::api_version() const {
  return text_at(root(), {"apiVersion"});
}
std::string_view Object::group() const {
  return split_api_version(api_version()).group;
}
std::string_view Object::version() const {
  return split_api_version(api_version()).version;
}
std::string_view Object::kind() const {
  return text_at(root(), {"kind"});
}
std::string_view Object::name() const {
  return text_at(root(), {"metadata", "name"});
}
std::string_view Object::namespace_name() const {
  return text_at(root(), {"metadata", "namespace"});
}

Result<ObjectPtr, Refusal> read_first(std::string_view text, std::string_view file, Reading reading, KindCheck kind) {
  switch (reading) {
    case Reading::Verify: {
      Reader reader;
      return read_verify(reader, whole(text, file), text, file, kind);
    }
    case Reading::Test:
    case Reading::Native: break;
  }
  Result<Objects, Refusal> objects = read_all(text, file, reading);
  if (!objects) return objects.error();
  if (!objects->empty()) return objects->front();
  Refusal refusal;
  refusal.text = "the file holds no object";
  Problem problem;
  problem.code = "gatekeeper_yaml";
  problem.message = refusal.text;
  problem.place.file = std::string(file);
  refusal.problems.push_back(std::move(problem));
  return refusal;
}

Result<Objects, Refusal> read_all(std::string_view text, std::string_view file, Reading reading) {
  switch (reading) {
    case Reading::Verify: return read_all_for_verify(text, file);
    case Reading::Test: return read_all_for_test(text, file);
    case Reading::Native: break;
  }
  return read_stream(text, file, Reading::Native, StreamFormat::Auto);
}

std::vector<ObjectPtr> items_of_list(const ObjectPtr& object) {
  // What an item's document borrows.
  struct Item {
    ObjectPtr list;
    std::string path;
    std::string pointer;
    std::optional<Object> object;
  };
  std::vector<ObjectPtr> items;
  const Value* list = find_path(object->root(), {"items"});
  if (object->kind() != "List" || list == nullptr || !list->is_array()) return items;
  for (const Value& value : list->as_array()) {
    if (!value.is_object()) return {};
    auto item = std::make_shared<Item>();
    item->list = object;
    item->path = fmt::format("{}.items[{}]", object->document().items_path(), items.size());
    item->pointer = fmt::format("{}/items/{}", object->document().root_pointer(), items.size());
    item->object.emplace(object->document().part(value, item->path, item->pointer), object->file(), object->reading());
    items.emplace_back(item, &*item->object);
  }
  return items;
}

std::optional<Problem> warn_of_dropped_lines(const Object& object) {
  const std::string_view text = object.document().text();
  if (object.document().format() != Format::Yaml) return {};
  Reader reader;
  const std::string kept = without_comment_lines(text);
  const Result<Document, ReadError> document = read_piece(reader, whole(kept, object.file()), object.reading());
  if (!document) return {};
  const Value* different = first_difference(object.root(), document->root());
  if (different == nullptr) return {};
  Problem problem = problem_at(object, different->origin(), "gatekeeper_yaml",
                               "gator reads this text without its lines that are blank or begin with `#`");
  problem.severity = Severity::Warning;
  return problem;
}

const Value* find_path(const Value& root, std::initializer_list<std::string_view> path) {
  const Value* at = &root;
  for (const std::string_view step : path) {
    if (!at->is_object()) return nullptr;
    at = at->as_object().find_text(step);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::string_view text_at(const Value& root, std::initializer_list<std::string_view> path) {
  const Value* found = find_path(root, path);
  return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

}  // namespace psdl::gatekeeper
