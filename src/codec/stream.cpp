// Cuts a stream into documents without reading it whole, and gives the items of lists one by one.
#include "codec/stream.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/limit_names.hpp"
#include "codec/internal.hpp"
#include "codec/list_pieces.hpp"
#include "codec/window.hpp"
#include "codec/yaml_checks.hpp"
#include "value/builders.hpp"

namespace psdl {
namespace {

using codec::is_marker;
using codec::RawError;

constexpr std::string_view kBom = "\xEF\xBB\xBF";

// The bytes of a JSON text that tell where a value ends: quotes, escapes, brackets and ends of lines. Sixteen are looked
// at in one go, and remembered for those among them that come next.
class TellingBytes {
 public:
  // The first one from `at` on; the text's size where there is none.
  std::size_t next(std::string_view text, std::size_t at) {
#if defined(__SSE2__)
    for (;;) {
      if (at - begin_ < kBlock) {
        const unsigned left = found_ >> (at - begin_);
        if (left != 0) return at + static_cast<unsigned>(__builtin_ctz(left));
        at = begin_ + kBlock;
      }
      if (at + kBlock > text.size()) break;
      begin_ = at;
      found_ = found_in(text.data() + at);
    }
#endif
    return std::min(text.find_first_of("\"\\{}[]\n", at), text.size());
  }

 private:
#if defined(__SSE2__)
  // Out of line, so that its constants are not loaded anew for every byte that is found.
  [[gnu::noinline]] static unsigned found_in(const char* bytes) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
    const auto are = [](__m128i from, char wanted) { return _mm_cmpeq_epi8(from, _mm_set1_epi8(wanted)); };
    const __m128i folded = _mm_or_si128(block, _mm_set1_epi8(0x20));  // [ and ] become { and }
    const __m128i brackets = _mm_or_si128(are(folded, '{'), are(folded, '}'));
    const __m128i others = _mm_or_si128(_mm_or_si128(are(block, '"'), are(block, '\\')), are(block, '\n'));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(brackets, others)));
  }
#endif

  static constexpr std::size_t kBlock = 16;
  std::size_t begin_ = SIZE_MAX - kBlock;  // of the block that was looked at
  unsigned found_ = 0;                     // a bit for each of its bytes
};

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Whether the text is `name` but for the case of ASCII letters, or for the two characters beyond ASCII that fold to one.
bool folds_to(std::string_view text, std::string_view name) {
  std::size_t at = 0;
  for (const char wanted : name) {
    const char lower = static_cast<char>(wanted >= 'A' && wanted <= 'Z' ? wanted + ('a' - 'A') : wanted);
    const std::string_view rest = text.substr(at);
    if (lower == 'k' && rest.starts_with("\xE2\x84\xAA")) {  // KELVIN SIGN
      at += 3;
    } else if (lower == 's' && rest.starts_with("\xC5\xBF")) {  // LATIN SMALL LETTER LONG S
      at += 2;
    } else if (!rest.empty() && (rest[0] == lower || (rest[0] >= 'A' && rest[0] <= 'Z' && rest[0] + ('a' - 'A') == lower))) {
      ++at;
    } else {
      return false;
    }
  }
  return at == text.size();
}

bool is_text(const Value* value) {
  return value != nullptr && value->is_string() && value->length() > 0;
}

}  // namespace

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

// Regular files can be read again; the descriptor's place need not be the file's beginning.
bool FileInput::keep(std::uint64_t offset, std::string_view recent) {
  const off_t here = ::lseek(descriptor_, 0, SEEK_CUR);
  if (here < 0) return false;
  begin_ = static_cast<std::int64_t>(here) - static_cast<std::int64_t>(offset + recent.size());
  return true;
}

bool FileInput::go_back(std::uint64_t offset) {
  if (::lseek(descriptor_, begin_ + static_cast<std::int64_t>(offset), SEEK_SET) >= 0) return true;
  failure_ = std::strerror(errno);
  return false;
}

struct DocumentStream::State {
  State(ByteInput& from, StreamOptions with)
      : options(std::move(with)), window(from, options.name, options.limits.stream_bytes), pieces(reader, window, options) {
    asked_format = options.format;
    choose_format();
  }

  void choose_format() {
    const bool is_json = asked_format == StreamFormat::Auto && std::string_view(options.name).ends_with(".json");
    options.format = is_json ? StreamFormat::Json : asked_format;
  }
  void restart(ByteInput& from, std::string_view name) {
    options.name = name;
    choose_format();
    window.restart(from, options.name);
    is_started = false;
    has_failed = false;
    is_over = false;
    has_error = false;
    has_pending_error = false;
    is_in_pieces = false;
    lists.clear();
    lead.text.clear();
    passed.text.clear();
    documents = 0;
    objects = 0;
    errors = 0;
    built = nullptr;
  }

  // One list that is being given item by item.
  struct ListLevel {
    Document parent;  // where the items stand
    std::span<const Value> items;
    std::size_t next = 0;
    std::size_t first_index = 0;  // of items[0] in the whole list
    bool is_in_pieces = false;    // `items` are those of the piece at hand
    std::string path;             // ".items[1]" of the list itself
    std::string pointer;          // "/items/1", in the parent's text
    std::string item_kind;
    std::string item_version;
    bool has_kind = false;
  };

  // Lines before a document, all blank or comments; the first is `line`.
  struct PassedLines {
    std::string text;
    std::uint32_t line = 1;
  };
  static constexpr std::size_t kMostPassed = 16U * 1024;  // the last ones are kept

  enum class Cut : std::uint8_t { Document, Empty, End, Failed };

  [[nodiscard]] std::string_view rest() const { return window.rest(); }
  bool load() { return window.load() || take_failure(); }
  bool have(std::size_t size) { return window.have(size) || take_failure(); }
  void consume(std::size_t size) { window.consume(size); }
  bool take_failure() {
    if (!window.has_failed()) return false;
    has_failed = true;
    has_error = true;
    error = window.error();
    return false;
  }

  // ---- errors

  void set_error(RawError raw, std::string_view text, const StreamPlace& at) {
    StreamPlace named = at;
    named.stream = options.name;
    error = codec::make_read_error(std::move(raw), text, named);
    has_error = true;
  }

  // ---- cutting

  static constexpr std::size_t kFar = std::string_view::npos - 1;

  // The end of the JSON value that starts `from` bytes into the rest, by brackets and quotes alone; npos where it has
  // none before the stream's end or a `---` line; kFar where it is not among the first `most` bytes.
  std::size_t json_value_end(std::size_t from, std::size_t most) {
    std::size_t depth = 0;
    bool is_inside = false;
    bool is_scalar = false;
    TellingBytes telling;
    std::string_view text = rest();
    for (std::size_t at = from;; ++at) {
      if (depth > 0 && at < text.size()) at = telling.next(text, at);
      while (at >= text.size()) {
        if (at > most) return kFar;
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
          if (at > most) return kFar;
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
  // none; kFar where it is not among the first `most` bytes.
  std::size_t next_marker(std::size_t from, std::size_t most) {
    std::size_t at = from;
    for (;;) {
      if (at > most) return kFar;
      const std::size_t line = rest().find('\n', at);
      if (line == std::string_view::npos) {
        at = rest().size();
        if (at > most) return kFar;
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
      pass(line, is_separator);
      consume(std::min(end + 1, rest().size()));
    }
  }
  // Comments between the last separator and a document belong to that document.
  void pass(std::string_view line, bool is_separator) {
    if (is_separator || passed.text.size() + line.size() > kMostPassed) passed.text.clear();
    if (is_separator || line.size() > kMostPassed) return;
    if (passed.text.empty()) passed.line = window.place().line;
    passed.text.append(line).push_back('\n');
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
    set_error(std::move(raw), line, window.place());
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
      set_error(std::move(raw), {}, window.place());
      is_over = true;
      return false;
    }
    if (rest().starts_with(kBom)) {
      window.drop(kBom.size());
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
    StreamPlace at = window.place();
    const std::string_view text = rest().substr(skip, size);
    at.offset += skip;
    at.column += static_cast<std::uint32_t>(skip);  // blanks of one line
    at.stream = options.name;
    at.ordinal = documents;
    with.place = at;
    Result<Document, ReadError> result = reader.read(arena, text, format, with);
    if (!result) {
      error = result.error();
      has_error = true;
      return false;
    }
    document = std::move(result).value();
    has_error = false;
    return true;
  }

  // A short stream that is one JSON value, as most of a host's are, is read without a look for where that ends. False: it
  // is none, or something is wrong with it, which the longer way finds again.
  bool read_rest_as_json(std::size_t skip) {
    constexpr std::size_t kShort = 64U * 1024;
    const std::size_t size = rest().size();
    if (documents > 0 || !window.is_all_at_hand() || size > std::min(kShort, large())) return false;
    const bool is_read = read(skip, size - skip, Format::Json);
    has_error = false;
    return is_read;
  }

  // Reads the next document of the stream. Its text is consumed whatever comes of it.
  Cut next_document() {
    const bool takes_json_only = options.format == StreamFormat::Json;
    if (!skip_to_content(!takes_json_only)) return has_error ? Cut::Failed : Cut::End;
    std::swap(lead, passed);
    passed.text.clear();
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
      set_error(std::move(raw), rest().substr(0, 200), window.place());
      is_over = true;
      return Cut::Failed;
    }
    if (read_rest_as_json(0)) return finish(true, rest().size());
    std::size_t end = json_value_end(0, large());
    if (end == kFar) {
      const Cut cut = next_large(Format::Json);
      if (cut != Cut::Empty) return cut;
      end = json_value_end(0, SIZE_MAX);
    }
    if (has_failed) return Cut::Failed;
    const std::size_t size = end == std::string_view::npos ? next_marker(0, SIZE_MAX) : end;
    if (has_failed) return Cut::Failed;
    const bool is_read = read(0, size, Format::Json);
    if (!is_read) return finish(false, next_marker(size == 0 ? 0 : size - 1, SIZE_MAX));
    return finish(true, size);
  }

  // A document that begins like JSON and is JSON. Empty: it is not.
  Cut try_json() {
    const std::size_t skip = rest().find_first_not_of(" \t\r\n");
    const char first = rest()[skip];
    if (first != '{' && first != '[') return Cut::Empty;
    if (read_rest_as_json(skip)) return finish(true, rest().size());
    std::size_t end = json_value_end(skip, large());
    if (end == kFar) {
      const Cut cut = skip == 0 ? next_large(Format::Json) : Cut::Empty;
      if (cut != Cut::Empty) return cut;
      end = json_value_end(skip, SIZE_MAX);
    }
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
    std::size_t size = next_marker(0, large());
    if (size == kFar) {
      const Cut cut = next_large(Format::Yaml);
      if (cut != Cut::Empty) return cut;
      size = next_marker(0, SIZE_MAX);
    }
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

  // A document of more bytes may be a list to read in pieces.
  [[nodiscard]] std::size_t large() const {
    return options.manifests && options.rules.strict ? options.item_wise_bytes : SIZE_MAX;
  }

  // A large document. Empty: it is to be read whole.
  Cut next_large(Format format) {
    bool is_list = pieces.survey(format, documents);
    if (is_list && format == Format::Json && options.format == StreamFormat::Auto) is_list = is_end_of_json(0);
    if (is_list) {
      has_error = false;
      is_followed = skip_to_content(options.format != StreamFormat::Json) || has_error;
      is_over = false;
    }
    has_failed = false;
    has_error = false;
    if (!is_list && window.has_failed()) {
      static_cast<void>(take_failure());
      return Cut::Failed;
    }
    passed.text.clear();
    if (!window.go_back()) {
      static_cast<void>(take_failure());
      return Cut::Failed;
    }
    if (!is_list) return refuse_larger(format);
    if (!pieces.open(head_arena, document)) {
      RawError raw;
      raw.code = "read_failed";
      raw.message = "the text is not what it was when it was first looked at";
      set_error(std::move(raw), {}, window.place());
      is_over = true;
      return Cut::Failed;
    }
    ++documents;
    is_in_pieces = true;
    return Cut::Document;
  }

  Cut refuse_larger(Format format) {
    const std::size_t size = format == Format::Json ? json_value_end(0, options.whole_bytes)
                                                    : next_marker(0, options.whole_bytes);
    if (has_failed) return Cut::Failed;
    if (size != kFar) return Cut::Empty;
    if (pieces.has_error()) {
      error = pieces.error();
      has_error = true;
    } else {
      RawError raw;
      raw.code = "limit_object_bytes";
      raw.message = fmt::format("object of more than {} bytes: {} is {}", options.whole_bytes,
                                limit_name("object_bytes"), options.limits.object_bytes);
      set_error(std::move(raw), rest().substr(0, 400), window.place());
    }
    error.help.push_back(
        fmt::format("a list of more than {} bytes is read item by item: as JSON, or as YAML with a line `items:` and "
                    "every item on lines of its own behind `- `, with the anchors it uses",
                    options.whole_bytes));
    is_over = true;
    return Cut::Failed;
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
          if (text == name || !folds_to(text, name)) continue;
          return fail_at(of, key.origin(), "key_case",
                         fmt::format("key {} differs from `{}` only in case: Kubernetes' readers do not agree on it",
                                     codec::quoted_for_message(text), name),
                         fmt::format("write `{}`", name));
        }
      }
    }
    const Value* items = object.find_text("items");
    if (items == nullptr || items->is_array() || items->is_null() || !is_text(object.find_text("kind"))) return true;
    return fail_at(of, items->origin(), "bad_list", "`items` is not a list",
                   "Kubernetes takes every object with `items` for a list of objects");
  }

  bool fail_at(const Document& of, std::uint32_t origin, std::string_view code, std::string message, std::string help) {
    RawError raw;
    raw.code = code;
    raw.message = std::move(message);
    if (of.has_node(origin) && !of.text().empty()) {
      raw.begin = of.node_start(origin);
      raw.end = raw.begin + 1;
    }
    raw.help.push_back(std::move(help));
    set_error(std::move(raw), of.text(), of.place());
    return false;
  }

  // Opens the list in `of`, if it is one; its items come next.
  bool open_list(const Document& of) {
    if (!options.manifests || !of.root().is_object()) return false;
    const Object& object = of.root().as_object();
    const Value* items = object.find_text("items");
    if (items == nullptr || !(items->is_array() || items->is_null())) return false;
    ListLevel level;
    level.is_in_pieces = is_in_pieces;
    is_in_pieces = false;
    if (items->is_array() && !level.is_in_pieces) level.items = items->as_array();
    level.parent = of.part(of.root(), of.items_path(), of.root_pointer());
    level.path = of.items_path();
    level.pointer = of.root_pointer();
    const Value* kind = object.find_text("kind");
    level.has_kind = is_text(kind);
    constexpr std::string_view kSuffix = "List";
    if (level.has_kind && kind->as_string().ends_with(kSuffix))
      level.item_kind = kind->as_string().substr(0, kind->length() - kSuffix.size());
    const Value* version = object.find_text("apiVersion");
    if (is_text(version)) level.item_version = version->as_string();
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
    if (!level.item_version.empty()) add("apiVersion", Value::string(arena, level.item_version));
    return builder.finish().with_origin(from.origin());
  }

  // A list that is given in pieces, without its items.
  Value without_items(const Value& from) {
    ObjectBuilder builder(head_arena, options.key_table.get());
    const Object& object = from.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& value = object.values()[i];
      const bool is_items = object.keys()[i].as_string() == "items";
      builder.add(object.keys()[i], is_items ? empty_array().with_origin(value.origin()) : value);
    }
    return builder.finish().with_origin(from.origin());
  }

  // The next items of a list that is given in pieces. False where none are left.
  bool next_piece(ListLevel& level, Step& step) {
    level.first_index += level.items.size();
    level.items = {};
    level.next = 0;
    if (pieces.next(arena, document)) {
      level.parent = document.part(document.root(), {}, {});
      level.items = document.root().as_object().find_text("items")->as_array();
      return true;
    }
    if (!pieces.has_error()) return false;
    error = pieces.error();
    ++errors;
    step.error = &error;
    is_over = true;
    return true;
  }

  // The next item of the innermost list; false where none is left.
  bool next_item(Step& step) {
    while (!lists.empty()) {
      ListLevel& level = lists.back();
      if (level.next == level.items.size()) {
        const bool has_more = level.is_in_pieces && next_piece(level, step);
        if (!has_more || step.error != nullptr) lists.pop_back();
        if (step.error != nullptr) return true;
        continue;
      }
      const std::size_t at = level.next++;
      const std::size_t index = level.first_index + at;
      const Value& value = level.items[at];
      if (!value.is_object() && !level.has_kind) continue;  // some document of no kind, with a list of other things
      const std::string_view path = arena.copy(fmt::format("{}.items[{}]", level.path, index));
      const std::string_view pointer = arena.copy(fmt::format("{}/items/{}", level.pointer, at));
      if (!value.is_object()) {
        item = level.parent.part(value, path, pointer);
        (void)fail_at(level.parent, value.origin(), "bad_list", fmt::format("item {} of the list is not an object", index),
                      "every item of a list is an object with a kind");
        ++errors;
        step.error = &error;
        step.wrong = &item;
        return true;
      }
      item = level.parent.part(with_kind(value, level), path, pointer);
      if (level.is_in_pieces) pieces.narrow_item(level.parent, level.items, at, item);
      return give(item, step);
    }
    return false;
  }

  // Sets the step to a document, or to what is wrong with its head.
  bool give(Document& of, Step& step) {
    if (!check_head(of)) {
      ++errors;
      step.error = &error;
      step.wrong = &of;
      return true;
    }
    if (of.root().is_object() && ++objects > options.limits.stream_objects) {
      (void)fail_at(
          of, of.root().origin(), "limit_stream_objects",
          fmt::format("more objects in one stream than {}, which is {}", limit_name("stream_objects"),
                      options.limits.stream_objects),
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
    if (built != nullptr) return give_built();
    has_error = false;
    if (!is_started && !start()) return failed();
    Cut cut = next_document();
    while (cut == Cut::Document && is_empty_manifest()) {
      --documents;
      cut = next_document();
    }
    switch (cut) {
      case Cut::Document:
        if (is_in_pieces) {
          item = document.part(without_items(document.root()), {}, {});
          (void)give(item, step);
          if (is_in_pieces) pieces.skip();  // its head is wrong, and it was not opened
          is_in_pieces = false;
        } else {
          (void)give(document, step);
        }
        return step;
      case Cut::Failed: return failed();
      case Cut::Empty:
      case Cut::End: break;
    }
    is_over = true;
    if (has_failed) return failed();
    return step;
  }

  [[nodiscard]] bool is_empty_manifest() const {
    return options.manifests && !is_in_pieces && document.format() == Format::Yaml && document.root().is_null();
  }

  Step give_built() {
    Step step;
    arena.reset();
    const Document& whole = *std::exchange(built, nullptr);
    document = whole.part(whole.root(), {}, {});
    documents = 1;
    is_over = true;
    (void)give(document, step);
    return step;
  }

  // Whether more than one document is in the stream, as far as it has been looked at: blank text behind the first one
  // is passed over.
  bool has_several() {
    if (!lists.empty() && lists.front().is_in_pieces) return documents > 1 || is_followed;
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

  StreamOptions options;
  StreamFormat asked_format = StreamFormat::Auto;  // options.format is what the name makes of it
  codec::StreamWindow window;
  Reader reader;
  codec::ListPieces pieces;
  Arena arena;
  Arena head_arena;  // of a list in pieces, while its pieces come and go in the other
  bool is_started = false;
  bool has_failed = false;  // the stream itself cannot be read on
  bool is_over = false;
  const Document* built = nullptr;  // in place of the stream's text, until it is given
  Document document;
  Document item;
  std::vector<ListLevel> lists;
  bool is_in_pieces = false;  // the document at hand is a list that is about to be given in pieces
  bool is_followed = false;   // of that list: whether text follows it
  ReadError error;
  bool has_error = false;
  bool has_pending_error = false;
  PassedLines lead;    // of the document at hand
  PassedLines passed;  // of the one that follows
  std::uint32_t documents = 0;
  std::uint64_t objects = 0;
  std::uint64_t errors = 0;
};

DocumentStream::DocumentStream(ByteInput& input, StreamOptions options)
    : state_([&] {
        options.key_table = with_own_count(std::move(options.key_table));
        return std::make_unique<State>(input, std::move(options));
      }()) {}
DocumentStream::~DocumentStream() = default;

DocumentStream::Step DocumentStream::next() {
  return state_->next();
}
void DocumentStream::restart(ByteInput& input, std::string_view name) {
  state_->restart(input, name);
}
void DocumentStream::restart(ByteInput& input, const Document& built, std::string_view name) {
  state_->restart(input, name);
  state_->built = &built;
}
std::uint64_t DocumentStream::object_count() const {
  return state_->objects;
}
std::uint32_t DocumentStream::document_count() const {
  return state_->documents;
}
std::string_view DocumentStream::lead() const {
  return state_->lead.text;
}
std::uint32_t DocumentStream::lead_line() const {
  return state_->lead.line;
}
std::uint64_t DocumentStream::error_count() const {
  return state_->errors;
}
bool DocumentStream::has_several() const {
  return state_->has_several();
}

}  // namespace psdl
