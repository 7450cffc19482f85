// Cuts a stream into documents without reading it whole, and gives the items of lists one by one.
#include "codec/stream.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "codec/internal.hpp"
#include "codec/json_reader.hpp"
#include "codec/yaml_checks.hpp"
#include "value/builders.hpp"

namespace psdl {
namespace {

using codec::RawError;

// How much is read at once: little at first, as most documents are small and what is not needed costs pages all the same.
constexpr std::size_t kFirstPiece = 16U * 1024;
constexpr std::size_t kPiece = 256U * 1024;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// `---`, then nothing, a blank or the line's end.
bool is_marker(std::string_view text, std::size_t at) {
  if (text.substr(at, 3) != "---") return false;
  return at + 3 >= text.size() || is_blank(text[at + 3]);
}

// ASCII letters, and the two characters beyond ASCII that fold to one.
std::string fold_case(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == "\xE2\x84\xAA") {  // KELVIN SIGN
      out += 'k';
      i += 2;
    } else if (text.substr(i, 2) == "\xC5\xBF") {  // LATIN SMALL LETTER LONG S
      out += 's';
      i += 1;
    } else {
      out += static_cast<char>(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    }
  }
  return out;
}

bool is_text(const Value* value) {
  return value != nullptr && value->is_string() && value->length() > 0;
}

}  // namespace

std::ptrdiff_t MemoryInput::read(char* bytes, std::size_t size) {
  const std::size_t taken = std::min(size, rest_.size());
  std::memcpy(bytes, rest_.data(), taken);
  rest_.remove_prefix(taken);
  return static_cast<std::ptrdiff_t>(taken);
}

FileInput::FileInput(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), owns_(true) {
  if (descriptor_ < 0) failure_ = std::strerror(errno);
}

FileInput::~FileInput() {
  if (owns_ && descriptor_ >= 0) ::close(descriptor_);
}

std::ptrdiff_t FileInput::read(char* bytes, std::size_t size) {
  if (descriptor_ < 0) return -1;
  for (;;) {
    const ssize_t taken = ::read(descriptor_, bytes, size);
    if (taken >= 0) return taken;
    if (errno == EINTR) continue;
    failure_ = std::strerror(errno);
    return -1;
  }
}

struct DocumentStream::State {
  State(ByteInput& from, StreamOptions with)
      : input(from), options(std::move(with)), reader(std::make_unique<Reader>()) {
    if (options.format == StreamFormat::Auto && std::string_view(options.name).ends_with(".json"))
      options.format = StreamFormat::Json;
  }

  // One list that is being given item by item.
  struct ListLevel {
    std::span<const Value> items;
    std::size_t next = 0;
    std::string path;     // ".items[1]" of the list itself
    std::string pointer;  // "/items/1"
    std::string item_kind;
    Value item_version;
    bool has_kind = false;
  };

  enum class Cut : std::uint8_t { Document, Empty, End, Failed };

  // ---- bytes

  [[nodiscard]] std::string_view rest() const { return std::string_view(buffer).substr(begin); }

  // More bytes behind those at hand; false at the end and on failure.
  bool load() {
    if (is_at_end || has_failed) return false;
    if (begin > kPiece && begin > buffer.size() / 2) {
      buffer.erase(0, begin);
      begin = 0;
    }
    const std::size_t size = buffer.size();
    const std::size_t piece = static_cast<std::size_t>(std::clamp<std::uint64_t>(total_bytes, kFirstPiece, kPiece));
    buffer.resize(size + piece);
    const std::ptrdiff_t taken = input.read(buffer.data() + size, piece);
    buffer.resize(size + static_cast<std::size_t>(std::max<std::ptrdiff_t>(taken, 0)));
    if (taken < 0) {
      fail_stream("read_failed", fmt::format("cannot read: {}", input.failure()));
      return false;
    }
    if (taken == 0) {
      is_at_end = true;
      return false;
    }
    total_bytes += static_cast<std::uint64_t>(taken);
    if (total_bytes > options.limits.stream_bytes) {
      fail_stream("limit_stream_bytes",
                  fmt::format("stream of more than {} bytes (--limit-stream-bytes)", options.limits.stream_bytes));
      return false;
    }
    return true;
  }

  // Makes at least `size` bytes of the rest available where the stream has them.
  bool have(std::size_t size) {
    while (rest().size() < size) {
      if (!load()) return false;
    }
    return true;
  }

  void consume(std::size_t size) {
    const std::string_view taken = rest().substr(0, size);
    const std::size_t last = taken.rfind('\n');
    place.offset += taken.size();
    if (last == std::string_view::npos) {
      place.column += static_cast<std::uint32_t>(std::count_if(
          taken.begin(), taken.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
    } else {
      place.line += static_cast<std::uint32_t>(std::count(taken.begin(), taken.end(), '\n'));
      const std::string_view tail = taken.substr(last + 1);
      place.column = 1 + static_cast<std::uint32_t>(std::count_if(tail.begin(), tail.end(), [](char c) {
                       return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
                     }));
    }
    begin += taken.size();
    if (begin == buffer.size()) {
      buffer.clear();
      begin = 0;
    }
  }

  // ---- errors

  void fail_stream(std::string_view code, std::string message) {
    has_failed = true;
    RawError raw;
    raw.code = code;
    raw.message = std::move(message);
    set_error(std::move(raw), {}, place);
  }
  void set_error(RawError raw, std::string_view text, const StreamPlace& at) {
    StreamPlace named = at;
    named.stream = options.name;
    error = codec::make_read_error(std::move(raw), text, named);
    has_error = true;
  }

  // ---- cutting

  // The end of the JSON value that starts `from` bytes into the rest, by brackets and quotes alone; npos where it has
  // none before the stream's end or a `---` line.
  std::size_t json_value_end(std::size_t from) {
    std::size_t depth = 0;
    bool is_inside = false;
    bool is_scalar = false;
    std::string_view text = rest();
    for (std::size_t at = from;; ++at) {
      if (at >= text.size()) {
        if (is_too_large(at) || !load()) return is_scalar && !is_inside ? at : std::string_view::npos;
        text = rest();
      }
      const char c = text[at];
      if (is_inside) {
        if (c == '\\') {
          ++at;  // should the escaped character not be loaded yet, it is passed over all the same
        } else if (c == '"') {
          is_inside = false;
          if (depth == 0) return at + 1;
        } else if (c == '\n' && options.format == StreamFormat::Auto) {
          return std::string_view::npos;
        }
        continue;
      }
      switch (c) {
        case '"':
          if (is_scalar) return at;
          is_inside = true;
          break;
        case '{':
        case '[':
          if (is_scalar) return at;
          ++depth;
          break;
        case '}':
        case ']':
          if (depth <= 1) return at + 1;
          --depth;
          break;
        case '\n':
          if (is_scalar) return at;
          (void)have(at + 5);
          text = rest();
          if (is_marker(text, at + 1)) return std::string_view::npos;
          break;
        case ' ':
        case '\t':
        case '\r':
          if (is_scalar) return at;
          break;
        default:
          if (depth == 0) is_scalar = true;
          break;
      }
    }
  }

  // An object that is too large and cannot be a list is not read to its end; nothing after it can be told from it.
  bool is_too_large(std::size_t at) {
    if (!options.rules.strict || at <= options.limits.object_bytes * 2) return false;
    if (rest().find("items") != std::string_view::npos) return false;
    is_over = true;
    return true;
  }

  // The start of the next line that begins with `---`, behind the first `from` bytes; the stream's end where there is
  // none.
  std::size_t next_marker(std::size_t from) {
    std::size_t at = from;
    for (;;) {
      const std::size_t line = rest().find('\n', at);
      if (line == std::string_view::npos) {
        at = rest().size();
        if (is_too_large(at) || !load()) return rest().size();
        continue;
      }
      (void)have(line + 5);
      if (is_marker(rest(), line + 1)) return line + 1;
      at = line + 1;
    }
  }

  // Passes over blank lines, comments and `---` lines with nothing else; true where content follows. Comments are
  // checked as any text is.
  bool skip_to_content(bool takes_comments) {
    for (;;) {
      if (!have(1)) return false;
      std::size_t end = rest().find('\n');
      while (end == std::string_view::npos) {
        // A line of JSON may be gigabytes long: its first characters tell.
        const std::string_view line = rest();
        const std::size_t first = line.find_first_not_of(" \t\r");
        if (first != std::string_view::npos && line[first] != '#' && line.size() > 8) return true;
        const std::size_t searched = rest().size();
        if (!load()) {
          end = rest().size();
          break;
        }
        end = rest().find('\n', searched);
      }
      const std::string_view line = rest().substr(0, std::min(end, rest().size()));
      const bool is_comment = takes_comments && (line.starts_with("#") || codec::is_blank_or_comment(line));
      const bool is_empty = line.find_first_not_of(" \t\r") == std::string_view::npos;
      const bool is_separator = line.starts_with("---") && codec::is_blank_or_comment(line.substr(3));
      if (!is_comment && !is_empty && !is_separator) return true;
      if (!check_passed_line(line)) return false;
      consume(std::min(end + 1, rest().size()));
    }
  }
  bool check_passed_line(std::string_view line) {
    codec::TextFacts facts;
    RawError raw;
    std::string_view checked = line;
    if (checked.ends_with('\r') && rest().size() > line.size()) checked.remove_suffix(1);
    const bool is_good =
        !checked.starts_with(kBom) && codec::check_characters(checked, options.rules.strict, facts, raw);
    if (is_good) return true;
    if (raw.code.empty()) {
      raw.code = "bad_character";
      raw.message = "character U+FEFF (byte order mark)";
      raw.end = kBom.size();
    }
    set_error(std::move(raw), line, place);
    is_over = true;
    return false;
  }

  // The first bytes: a BOM is dropped, another encoding is named.
  bool start() {
    is_started = true;
    (void)have(4);
    if (has_failed) return false;
    const std::string_view foreign = codec::foreign_encoding(rest().substr(0, 4));
    if (!foreign.empty()) {
      RawError raw;
      raw.code = "bad_encoding";
      raw.message = fmt::format("the text is {}: only UTF-8 is read", foreign);
      raw.help.emplace_back(fmt::format("save the file as UTF-8, for example: iconv -f {} -t UTF-8", foreign));
      set_error(std::move(raw), {}, place);
      is_over = true;
      return false;
    }
    if (rest().starts_with(kBom)) {
      begin += kBom.size();
      place.offset += kBom.size();
    }
    return true;
  }

  // ---- documents

  bool read(std::size_t skip, std::size_t size, Format format) {
    arena.reset();
    ReadOptions with;
    with.rules = options.rules;
    with.limits = &options.limits;
    with.key_table = options.key_table;
    StreamPlace at = place;
    const std::string_view text = rest().substr(skip, size);
    at.offset += skip;
    at.column += static_cast<std::uint32_t>(skip);  // blanks of one line
    at.stream = options.name;
    at.ordinal = documents;
    with.place = at;
    Result<Document, ReadError> result = reader->read(arena, text, format, with);
    if (!result) {
      error = result.error();
      has_error = true;
      return false;
    }
    document = std::move(result).value();
    has_error = false;
    return true;
  }

  // Reads the next document of the stream. Its text is consumed whatever comes of it.
  Cut next_document() {
    const bool takes_json_only = options.format == StreamFormat::Json;
    if (!skip_to_content(!takes_json_only)) return has_error ? Cut::Failed : Cut::End;
    // A BOM in the middle of a stream; at its start it is gone already, and the reader would drop this one.
    if (rest().starts_with(kBom) && !check_passed_line(rest().substr(0, kBom.size()))) return Cut::Failed;
    if (takes_json_only) return next_json();
    if (options.format == StreamFormat::Auto) {
      const Cut cut = try_json();
      if (cut != Cut::Empty) return cut;
    }
    return next_yaml();
  }

  Cut finish(bool is_read, std::size_t size) {
    consume(size);
    if (has_failed) return Cut::Failed;  // a failure to read on is worse than what was read
    ++documents;
    return is_read ? Cut::Document : Cut::Failed;
  }

  Cut next_json() {
    consume(rest().find_first_not_of(" \t\r\n"));
    const char first = rest()[0];
    if (documents > 0 && first != '{' && first != '[') {
      RawError raw;
      raw.code = "json_syntax";
      raw.message = "text after the end of the document";
      raw.end = 1;
      set_error(std::move(raw), rest().substr(0, 200), place);
      is_over = true;
      return Cut::Failed;
    }
    const std::size_t end = json_value_end(0);
    if (has_failed) return Cut::Failed;
    const std::size_t size = end == std::string_view::npos ? next_marker(0) : end;
    if (has_failed) return Cut::Failed;
    const bool is_read = read(0, size, Format::Json);
    if (!is_read) return finish(false, next_marker(size == 0 ? 0 : size - 1));
    return finish(true, size);
  }

  // A document that begins like JSON and is JSON. Empty: it is not.
  Cut try_json() {
    const std::size_t skip = rest().find_first_not_of(" \t\r\n");
    const char first = rest()[skip];
    if (first != '{' && first != '[') return Cut::Empty;
    const std::size_t end = json_value_end(skip);
    if (has_failed) return Cut::Failed;
    const bool is_alone = end != std::string_view::npos && is_end_of_json(end);
    if (has_failed) return Cut::Failed;
    if (!is_alone) return Cut::Empty;
    if (read(skip, end - skip, Format::Json)) return finish(true, end);
    // The text may still be YAML's flow style; all other errors are errors there as well.
    return error.code == "json_syntax" || error.code == "bad_character" ? Cut::Empty : finish(false, end);
  }

  // Only blanks, another JSON text, a `---` line or the end may follow; else the text is YAML.
  bool is_end_of_json(std::size_t at) {
    for (;; ++at) {
      if (!have(at + 1)) return true;
      const char c = rest()[at];
      if (c == '{' || c == '[') return true;
      if (!is_blank(c)) break;
    }
    (void)have(at + 4);
    return at > 0 && rest()[at - 1] == '\n' && is_marker(rest(), at);
  }

  Cut next_yaml() {
    const std::size_t size = next_marker(0);
    if (has_failed) return Cut::Failed;
    const std::string_view text = rest().substr(0, size);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool looks_like_json = text.substr(first).starts_with('{') &&
                                 text.find_first_not_of(" \t\r\n", first + 1) != std::string_view::npos &&
                                 text[text.find_first_not_of(" \t\r\n", first + 1)] == '"';
    if (read(0, size, Format::Yaml)) return finish(true, size);
    if (looks_like_json && error.code == "yaml_syntax" && options.format == StreamFormat::Auto) {
      // What is wrong is said in the format that was meant.
      if (read(0, size, Format::Json)) return finish(true, size);
    }
    return finish(false, size);
  }

  // ---- lists

  // False with an error where the object's head is not one that all readers take alike.
  bool check_head(const Document& of) {
    if (!options.manifests || !of.root().is_object()) return true;
    const Object& object = of.root().as_object();
    static constexpr std::string_view kNames[] = {"apiVersion", "kind", "metadata", "spec", "items"};
    if (options.rules.strict) {
      for (const Value& key : object.keys()) {
        const std::string_view text = key.as_string();
        if (text.size() > 16) continue;
        for (const std::string_view name : kNames) {
          if (text == name || fold_case(text) != fold_case(name)) continue;
          return fail_at(key.origin(), "key_case",
                         fmt::format("key {} differs from `{}` only in case: Kubernetes' readers do not agree on it",
                                     codec::quoted_for_message(text), name),
                         fmt::format("write `{}`", name));
        }
      }
    }
    const Value* items = object.find_text("items");
    if (items == nullptr || items->is_array() || items->is_null() || !is_text(object.find_text("kind"))) return true;
    return fail_at(items->origin(), "bad_list", "`items` is not a list",
                   "Kubernetes takes every object with `items` for a list of objects");
  }

  bool fail_at(std::uint32_t origin, std::string_view code, std::string message, std::string help) {
    RawError raw;
    raw.code = code;
    raw.message = std::move(message);
    if (document.has_node(origin)) {
      raw.begin = document.node_start(origin);
      raw.end = raw.begin + 1;
    }
    raw.help.push_back(std::move(help));
    set_error(std::move(raw), document.text(), document.place());
    return false;
  }

  // Opens the list in `of`, if it is one; its items come next.
  bool open_list(const Document& of) {
    if (!options.manifests || !of.root().is_object()) return false;
    const Object& object = of.root().as_object();
    const Value* items = object.find_text("items");
    if (items == nullptr || !(items->is_array() || items->is_null())) return false;
    ListLevel level;
    if (items->is_array()) level.items = items->as_array();
    level.path = of.items_path();
    level.pointer = of.items_pointer();
    const Value* kind = object.find_text("kind");
    level.has_kind = is_text(kind);
    constexpr std::string_view kSuffix = "List";
    if (level.has_kind && kind->as_string().ends_with(kSuffix))
      level.item_kind = kind->as_string().substr(0, kind->length() - kSuffix.size());
    const Value* version = object.find_text("apiVersion");
    if (is_text(version)) level.item_version = *version;
    lists.push_back(std::move(level));
    return true;
  }

  // What Kubernetes does to the items of a typed list.
  Value with_kind(const Value& from, const ListLevel& level) {
    const Object& object = from.as_object();
    if (level.item_kind.empty() || is_text(object.find_text("kind")) || is_text(object.find_text("apiVersion")))
      return from;
    ObjectBuilder builder(arena, options.key_table.get());
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const std::string_view key = object.keys()[i].as_string();
      if (key != "kind" && key != "apiVersion") builder.add(object.keys()[i], object.values()[i]);
    }
    const auto add = [&](std::string_view key, const Value& value) {
      builder.add(Value::string(key).with_origin(from.origin()), value.with_origin(from.origin()));
    };
    add("kind", Value::string(arena, level.item_kind));
    if (level.item_version.is_defined()) add("apiVersion", level.item_version);
    return builder.finish().with_origin(from.origin());
  }

  // The next item of the innermost list; false where none is left.
  bool next_item(Step& step) {
    while (!lists.empty()) {
      ListLevel& level = lists.back();
      if (level.next == level.items.size()) {
        lists.pop_back();
        continue;
      }
      const std::size_t index = level.next++;
      const Value& value = level.items[index];
      if (!value.is_object()) {
        if (!level.has_kind) continue;  // some document of no kind, with a list of other things
        (void)fail_at(value.origin(), "bad_list", fmt::format("item {} of the list is not an object", index),
                      "every item of a list is an object with a kind");
        ++errors;
        step.error = &error;
        return true;
      }
      const std::string_view path = arena.copy(fmt::format("{}.items[{}]", level.path, index));
      const std::string_view pointer = arena.copy(fmt::format("{}/items/{}", level.pointer, index));
      item = document.part(with_kind(value, level), path, pointer);
      return give(item, step);
    }
    return false;
  }

  // Sets the step to a document, or to what is wrong with its head.
  bool give(Document& of, Step& step) {
    if (!check_head(of)) {
      ++errors;
      step.error = &error;
      return true;
    }
    if (of.root().is_object() && ++objects > options.limits.stream_objects) {
      (void)fail_at(
          of.root().origin(), "limit_stream_objects",
          fmt::format("more than {} objects in one stream (--limit-stream-objects)", options.limits.stream_objects),
          "split the stream");
      ++errors;
      is_over = true;
      lists.clear();
      step.error = &error;
      return true;
    }
    of.set_is_list(open_list(of));
    step.document = &of;
    return true;
  }

  Step next() {
    Step step;
    if (next_item(step)) return step;
    if (has_pending_error) {
      has_pending_error = false;
      return failed();
    }
    if (is_over || has_failed) return step;
    has_error = false;
    if (!is_started && !start()) return failed();
    switch (next_document()) {
      case Cut::Document: (void)give(document, step); return step;
      case Cut::Failed: return failed();
      case Cut::Empty:
      case Cut::End: break;
    }
    is_over = true;
    if (has_failed) return failed();
    return step;
  }

  // Whether more than one document is in the stream, as far as it has been looked at: blank text behind the first one
  // is passed over.
  bool has_several() {
    if (documents != 1 || is_over || has_failed) return documents > 1;
    has_error = false;
    if (skip_to_content(options.format != StreamFormat::Json)) return true;
    has_pending_error = has_error || has_failed;
    return has_pending_error;
  }

  Step failed() {
    ++errors;
    Step step;
    step.error = &error;
    return step;
  }

  ByteInput& input;
  StreamOptions options;
  std::unique_ptr<Reader> reader;
  Arena arena;
  std::string buffer;
  std::size_t begin = 0;  // of what is not consumed yet
  StreamPlace place;      // of `begin`
  std::uint64_t total_bytes = 0;
  bool is_started = false;
  bool is_at_end = false;
  bool has_failed = false;  // the stream itself cannot be read on
  bool is_over = false;
  Document document;
  Document item;
  std::vector<ListLevel> lists;
  ReadError error;
  bool has_error = false;
  bool has_pending_error = false;
  std::uint32_t documents = 0;
  std::uint64_t objects = 0;
  std::uint64_t errors = 0;
};

DocumentStream::DocumentStream(ByteInput& input, StreamOptions options)
    : state_(std::make_unique<State>(input, std::move(options))) {}
DocumentStream::~DocumentStream() = default;

DocumentStream::Step DocumentStream::next() {
  return state_->next();
}
std::uint64_t DocumentStream::object_count() const {
  return state_->objects;
}
std::uint32_t DocumentStream::document_count() const {
  return state_->documents;
}
std::uint64_t DocumentStream::error_count() const {
  return state_->errors;
}
bool DocumentStream::has_several() const {
  return state_->has_several();
}

}  // namespace psdl
