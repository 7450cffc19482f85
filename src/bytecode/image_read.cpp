// An image to a program. In: any bytes; out: a Program that passes the verifier, or what is wrong with them.
//
// The header and the checksum are looked at where they stand; only then are the bytes copied, once, so that strings can point into the copy. Counts are
// held against the bytes that are left before room is made for them, so that no lie about a size asks for memory.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bytecode/image.hpp"
#include "bytecode/image_rows.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl {
namespace {

constexpr Limits kNumberLimits;

template <class T>
T get(std::string_view bytes, std::size_t at) {
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) read |= std::uint64_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  return static_cast<T>(read);
}

Error fault(std::string_view code, std::string message) { return Error{std::string(code), std::move(message)}; }

std::optional<Error> check_header(std::string_view bytes) {
  if (!is_image(bytes)) return fault("image_magic", "these bytes are no program image");
  if (bytes.size() < kImageHeaderSize) return fault("image_size", "the image ends within its header");
  if (bytes.size() > kMaxImageBytes) return fault("image_limit", fmt::format("the image has {} bytes, the most is {}", bytes.size(), kMaxImageBytes));
  if (get<std::uint32_t>(bytes, kImageMarkAt) != kImageMark) return fault("image_endianness", "the image has another order of bytes");
  const auto version = get<std::uint32_t>(bytes, kImageVersionAt);
  if (version != kImageVersion) return fault("image_version", fmt::format("the image has format {}, this psdl reads {}: build it again", version, kImageVersion));
  const auto size = get<std::uint64_t>(bytes, kImageSizeAt);
  if (size != bytes.size()) return fault("image_size", fmt::format("the image has {} bytes and says that it has {}", bytes.size(), size));
  if (image_checksum(bytes) != bytes.substr(kImageChecksumAt, kImageChecksumSize)) return fault("image_checksum", "the image was changed after it was built");
  return std::nullopt;
}

// The sections lie in order, each where the one before ends, and fill the file: then none overlaps and nothing stands beside them.
std::optional<Error> find_sections(std::string_view bytes, std::array<std::string_view, kImageSections>& sections) {
  const auto wrong = [](std::string message) { return fault("image_section", std::move(message)); };
  if (get<std::uint32_t>(bytes, kImageCountAt) != kImageSections || get<std::uint32_t>(bytes, kImageCountAt + 4) != 0) return wrong("the image has another number of sections");
  std::size_t at = kImageHeaderSize + kImageSections * kImageEntrySize;
  if (bytes.size() < at) return wrong("the table of sections is longer than the image");
  for (std::uint32_t i = 0; i < kImageSections; ++i) {
    const std::size_t entry = kImageHeaderSize + i * kImageEntrySize;
    const auto name = image_section_name(i);
    if (get<std::uint32_t>(bytes, entry) != i + 1 || get<std::uint32_t>(bytes, entry + 4) != 0) return wrong(fmt::format("section {} is not in its place in the table", name));
    if (get<std::uint64_t>(bytes, entry + 8) != at) return wrong(fmt::format("section {} does not begin where the one before it ends", name));
    const auto size = get<std::uint64_t>(bytes, entry + 16);
    if (size > bytes.size() - at) return wrong(fmt::format("section {} is longer than the image", name));
    sections[i] = bytes.substr(at, size);
    at += size;
    const std::size_t end = (at + kImageAlign - 1) / kImageAlign * kImageAlign;
    if (end > bytes.size()) return wrong(fmt::format("section {} is not filled up", name));
    for (; at < end; ++at) {
      if (bytes[at] != 0) return wrong(fmt::format("section {} is not filled up with zeros", name));
    }
  }
  return at == bytes.size() ? std::nullopt : std::optional(wrong("there are bytes behind the last section"));
}

template <class T>
void section(ImageReader& in, T& rows) {
  fields(in, rows);
}
void section(ImageReader& in, std::vector<std::shared_ptr<const Source>>& sources) {
  std::vector<SourceRow> rows;
  fields(in, rows);
  if (in.fault().has_value()) return;
  for (const SourceRow& row : rows) {
    sources.push_back(std::make_shared<const Source>(std::string(row.name), std::string(row.text)));
    static_cast<void>(sources.back()->line_count());  // found now: later nobody may write
  }
}
void section(ImageReader& in, std::shared_ptr<const KeyTable>& keys) {
  std::vector<std::string_view> names;
  fields(in, names);
  if (in.fault().has_value()) return;
  if (names.size() > KeyTable::kMaxNames) return in.refuse("image_limit", "more names than a key table holds");
  const auto unsorted = std::adjacent_find(names.begin(), names.end(), [](std::string_view a, std::string_view b) { return a >= b; });
  if (unsorted != names.end()) return in.refuse("image_constant", "names are out of order");
  keys = std::make_shared<const KeyTable>(names);
}

std::optional<Error> find_builtins(Program& program, FindBuiltin find) {
  for (BuiltinRef& builtin : program.builtins) {
    const FoundBuiltin found = find(builtin.name);
    if (found.row == nullptr && !found.left_out.empty()) return fault("image_capability", fmt::format("builtin `{}` is left out: {}", builtin.name, found.left_out));
    if (found.row == nullptr) return fault("image_builtin", fmt::format("there is no builtin `{}`", builtin.name));
    if (found.arity != builtin.arity) {
      return fault("image_builtin", fmt::format("builtin `{}` takes {} operands, the image gives it {}", builtin.name, found.arity, builtin.arity));
    }
    builtin.row = found.row;
  }
  return std::nullopt;
}

}  // namespace

void ImageReader::refuse(std::string_view code, std::string_view what) {
  if (!fault_.has_value()) fault_ = Error{std::string(code), fmt::format("section {}: {}", section_, what)};
}

bool ImageReader::has(std::size_t size) {
  if (fault_.has_value()) return false;
  if (size <= bytes_.size() - at_) return true;
  refuse("image_section", "it ends within a row");
  return false;
}

std::uint32_t ImageReader::rows_of(std::size_t least, std::size_t most) {
  std::uint32_t count = 0;
  number(count);
  if (count > most) {
    refuse("image_limit", fmt::format("{} rows, the most is {}", count, most));
    return 0;
  }
  const std::size_t left = bytes_.size() - at_;
  if (count > (left - std::min(left, promised_)) / least) {
    refuse("image_section", "it is too short for the rows that it says it has");
    return 0;
  }
  return fault_.has_value() ? 0 : count;
}

void ImageReader::text(std::string_view& value) {
  value = {};
  const std::uint32_t size = rows_of(1);
  const std::string_view read = bytes_.substr(at_, size);
  at_ += size;
  if (!is_utf8(read)) return refuse("image_utf8", "a text is no UTF-8");
  value = read;
}

void ImageReader::blob(std::string& bytes) {
  const std::uint32_t size = rows_of(1);
  bytes = bytes_.substr(at_, size);
  at_ += size;
}

void ImageReader::value(Value& value) {
  if (++values_ > kMaxImageValues) refuse("image_limit", fmt::format("more than {} constants", kMaxImageValues));
  value = value_at(1);
}

Value* ImageReader::values_at(std::uint32_t count, std::uint32_t depth) {
  values_ += count;
  if (values_ > kMaxImageValues) refuse("image_limit", fmt::format("more than {} constants", kMaxImageValues));
  if (fault_.has_value()) return nullptr;
  Value* items = arena_->allocate_array<Value>(count);
  promised_ += count;
  for (std::uint32_t i = 0; i < count; ++i) {
    --promised_;
    items[i] = value_at(depth);
  }
  return items;
}

namespace {

// Digits with at most one point, perhaps a sign and an exponent: what literals, casts and arithmetic give.
bool is_number(std::string_view text) {
  std::size_t i = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  std::size_t digits = 0;
  std::size_t points = 0;
  for (; i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == '.'); ++i) ++(text[i] == '.' ? points : digits);
  if (digits == 0 || points > 1) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  const std::size_t exponent = i;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
  return i == text.size() && i > exponent;
}

bool ascends(const Value* items, std::uint32_t count) {
  for (std::uint32_t i = 1; i < count; ++i) {
    if (compare(items[i - 1], items[i]) >= 0) return false;
  }
  return true;
}

}  // namespace

Value ImageReader::number_value() {
  std::string_view read;
  text(read);
  if (fault_.has_value()) return {};
  Value made = is_number(read) ? number_from_text(*arena_, read) : Value();
  if (!made.is_defined() && is_number(read)) {
    made = number_from_result(*arena_, read);
    if (made.is_defined() && !is_within_limits(made, kNumberLimits)) made = Value();
  }
  if (!made.is_defined()) refuse("image_constant", "a number that is none");
  return made;
}

Value ImageReader::value_at(std::uint32_t depth) {
  std::uint8_t tag = 0;
  number(tag);
  if (fault_.has_value()) return {};
  if (depth > kMaxImageNesting) refuse("image_nesting", fmt::format("a constant is nested more than {} deep", kMaxImageNesting));
  if (fault_.has_value()) return {};
  Value made;
  switch (static_cast<Tag>(tag)) {
    case Tag::Undefined: break;
    case Tag::Null: return Value::null();
    case Tag::False: return Value::boolean(false);
    case Tag::True: return Value::boolean(true);
    case Tag::Int: {
      std::uint64_t integer = 0;
      number(integer);
      return Value::integer(static_cast<std::int64_t>(integer));
    }
    case Tag::Decimal:
    case Tag::BigInt:
      made = number_value();
      if (!fault_.has_value() && made.tag() != static_cast<Tag>(tag)) refuse("image_constant", "a number of another kind than its text has");
      return made;
    case Tag::String: {
      std::string_view read;
      text(read);
      if (read.size() > Value::kMaxLength) refuse("image_limit", "a string is too long");
      return fault_.has_value() ? Value() : Value::string(read);
    }
    case Tag::Array: {
      const std::uint32_t count = rows_of(1, kMaxImageValues);
      const Value* items = values_at(count, depth + 1);
      return fault_.has_value() ? Value() : Value::array({items, count});
    }
    case Tag::Set: {
      const std::uint32_t count = rows_of(1, kMaxImageValues);
      Value* items = values_at(count, depth + 1);
      if (fault_.has_value()) return {};
      if (!ascends(items, count)) refuse("image_constant", "the members of a set are out of order");
      return count == 0 ? empty_set() : Value::set(arena_->make<Set>(items, count, true));
    }
    case Tag::Object: {
      const std::uint32_t count = rows_of(2, kMaxImageValues);
      const Value* keys = values_at(count, depth + 1);
      const Value* values = values_at(count, depth + 1);
      if (fault_.has_value()) return {};
      if (!ascends(keys, count)) refuse("image_constant", "the keys of an object are out of order");
      return count == 0 ? empty_object() : make_object(*arena_, keys, values, count, nullptr);
    }
  }
  refuse("image_constant", "a value of a kind that is not known");
  return {};
}

Result<LoadedImage> read_image(std::string_view bytes, FindBuiltin find_builtin) {
  if (std::optional<Error> wrong = check_header(bytes)) return *wrong;
  const auto program = std::make_shared<Program>();
  const auto arena = std::make_shared<Arena>();
  program->arenas.push_back(arena);
  bytes = arena->copy(bytes);
  std::array<std::string_view, kImageSections> sections;
  if (std::optional<Error> wrong = find_sections(bytes, sections)) return *wrong;

  std::size_t number = 0;
  std::size_t values = 0;
  std::optional<Error> wrong;
  const auto read = [&](auto& rows) {
    if (wrong.has_value()) return;
    ImageReader in(sections[number], *arena, image_section_name(number));
    in.count_from(values);
    section(in, rows);
    if (!in.is_at_end()) in.refuse("image_section", "there are bytes behind its last row");
    values = in.values();
    wrong = in.fault();
    ++number;
  };
#define PSDL_SECTION(name, member, meaning) read(program->member);
#include "bytecode/image_sections.def"
#undef PSDL_SECTION
  if (wrong.has_value()) return *wrong;

  for (PathStep& step : program->path_steps) {
    if (step.name.is_string()) step.number = program->keys->number(step.name.as_string());
  }
  for (DispatchTable& table : program->dispatches) {
    const auto wild = std::find_if(table.cases.begin(), table.cases.end(), [&](const DispatchTable::Case& one) { return one.constant >= program->constants.size(); });
    if (wild != table.cases.end()) return fault("image_table", "a case's constant is not in the table");
    table.index(program->constants);
  }
  if (std::optional<Error> unknown = find_builtins(*program, find_builtin)) return *unknown;
  if (std::optional<Error> broken = find_fault(*program)) return *broken;
  for (const Value& constant : program->constants) freeze(*arena, constant);
  return LoadedImage{program, std::string(sections[kImageSections - 1])};
}

}  // namespace psdl
