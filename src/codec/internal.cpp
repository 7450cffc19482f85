// Errors with lines and columns, objects in term order, numbers within limits.
#include "codec/internal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "codec/yaml_scalars.hpp"
#include "value/builders.hpp"
#include "value/number.hpp"

namespace psdl::codec {
namespace {

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

std::uint32_t count_code_points(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

struct LineText {
  std::string text;
  std::uint32_t first_column = 1;
};

// The line around `offset`, at most some 160 bytes to either side: a manifest of one line may be megabytes long.
LineText line_text(std::string_view text, std::size_t offset) {
  constexpr std::size_t kAround = 160;
  offset = std::min(offset, text.size());
  std::size_t line_begin = offset;
  while (line_begin > 0 && text[line_begin - 1] != '\n') --line_begin;
  std::size_t begin = offset - line_begin > kAround ? offset - kAround : line_begin;
  while (begin > line_begin && is_continuation(text[begin])) --begin;
  std::size_t end = offset;
  while (end < text.size() && text[end] != '\n' && text[end] != '\r' && end - offset < kAround) ++end;
  while (end > offset && end < text.size() && is_continuation(text[end])) --end;
  return {std::string(text.substr(begin, end - begin)),
          count_code_points(text.substr(line_begin, begin - line_begin)) + 1};
}

int compare_members(const Member& left, const Member& right) {
  if (left.prefix != right.prefix) return left.prefix < right.prefix ? -1 : 1;
  // Names of the table are compared by their numbers, which follow the order of their text.
  if (left.number != kNoKey && right.number != kNoKey)
    return static_cast<int>(left.number) - static_cast<int>(right.number);
  return left.key.as_string().compare(right.key.as_string());
}

// A member's rank: seven bytes of its key's prefix, and which it is in the text. So most members are put in order by
// comparing integers, and of equal keys the later one stands last.
using Rank = std::uint64_t;
constexpr Rank kIndexBits = 0xFF;

std::uint32_t index_of(Rank rank) {
  return static_cast<std::uint32_t>(rank & kIndexBits);
}

// Whether keys look alike so far that their texts must be compared.
bool is_tie(Rank left, Rank right) {
  return ((left ^ right) & ~kIndexBits) == 0;
}

// False where two of the keys are the same. `order` has room for `size` ranks.
bool order_small(const Member* members, std::uint32_t size, Rank* order) {
  bool has_tie = false;
  for (std::uint32_t i = 0; i < size; ++i) {
    const Rank rank = (members[i].prefix & ~kIndexBits) | i;
    std::uint32_t at = i;
    for (; at > 0 && order[at - 1] > rank; --at) order[at] = order[at - 1];
    order[at] = rank;
    if (at > 0 && is_tie(order[at - 1], rank)) has_tie = true;
  }
  if (!has_tie) return true;
  bool are_different = true;
  for (std::uint32_t i = 1; i < size; ++i) {
    const Rank rank = order[i];
    std::uint32_t at = i;
    for (; at > 0 && is_tie(order[at - 1], rank); --at) {
      const int compared = compare_members(members[index_of(order[at - 1])], members[index_of(rank)]);
      if (compared == 0) are_different = false;
      if (compared <= 0) break;
      order[at] = order[at - 1];
    }
    order[at] = rank;
  }
  return are_different;
}

// The same for any size: the members themselves move.
bool order_large(Member* members, std::uint32_t size) {
  // key_begin orders equal keys, which spares std::stable_sort's buffer.
  std::sort(members, members + size, [](const Member& left, const Member& right) {
    const int order = compare_members(left, right);
    return order != 0 ? order < 0 : left.key_begin < right.key_begin;
  });
  return std::adjacent_find(members, members + size, [](const Member& left, const Member& right) {
           return compare_members(left, right) == 0;
         }) == members + size;
}

// How many members, from the first on, have keys that ascend in the eyes of their prefixes.
std::uint32_t count_ascending(const Member* members, std::uint32_t size) {
  std::uint32_t count = 1;
  while (count < size && members[count - 1].prefix < members[count].prefix) ++count;
  return count;
}

// The object's keys, values and numbers while they are filled in.
struct Columns {
  Value* keys;
  Value* values;
  KeyNumber* numbers;  // or null

  void put_pair(std::uint32_t at, const Member& member) const {
    keys[at] = member.key.with_origin(member.value.origin());
    values[at] = member.value;
  }
  void put(std::uint32_t at, const Member& member) const {
    put_pair(at, member);
    if (numbers != nullptr) numbers[at] = member.number;
  }
};

// An object and its columns in one piece of the arena.
struct Piece {
  std::byte* bytes;
  Columns columns;

  [[nodiscard]] Value make(const ReadContext& context, std::uint32_t size) const {
    return make(context, size, columns.numbers == nullptr ? kAllNames : Object::names_among(columns.numbers, size));
  }
  [[nodiscard]] Value make(const ReadContext& context, std::uint32_t size, NameBits names) const {
    const Object* const made = Object::make_in(bytes, size, columns.keys, columns.values, columns.numbers != nullptr, names);
    if (size > Object::kIndexFrom) made->make_index(context.arena);
    return Value::object(made);
  }
};

[[gnu::always_inline]] inline Piece allocate_object(const ReadContext& context, std::size_t size) {
  const bool has_numbers = context.key_table != nullptr;
  const std::size_t object_bytes = Object::bytes(static_cast<std::uint32_t>(size), has_numbers);
  auto* const piece = static_cast<std::byte*>(context.arena.allocate(object_bytes + 2 * size * sizeof(Value), alignof(Object)));
  KeyNumber* const numbers = Object::numbers_in(piece);
  if (!has_numbers) std::fill_n(numbers, Object::padded(0), kNoKey);
  auto* const values = reinterpret_cast<Value*>(piece + object_bytes);
  return {piece, {values + size, values, has_numbers ? numbers : nullptr}};
}

}  // namespace

TextPoint behind(const TextPoint& start, std::string_view text) {
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n'));
  const std::size_t line_begin = text.rfind('\n') + 1;  // npos + 1 is 0
  const std::uint32_t columns = count_code_points(text.substr(line_begin));
  return {start.offset + text.size(), start.line + lines, columns + (lines == 0 ? start.column : 1)};
}

TextPoint point_at(std::string_view text, const StreamPlace& place, std::size_t offset) {
  offset = std::min(offset, text.size());
  const bool is_behind = offset >= place.gap_at;
  const std::size_t from = is_behind ? place.gap_at : 0;
  const TextPoint start = is_behind ? place.gap_end : TextPoint{place.offset, place.line, place.column};
  return behind(start, text.substr(from, offset - from));
}

ReadError make_read_error(RawError error, std::string_view text, const StreamPlace& place) {
  ReadError result;
  result.code = std::move(error.code);
  result.message = std::move(error.message);
  result.file = std::string(place.stream);
  result.is_at_end = error.is_at_end;
  const auto range_of = [&](std::size_t begin, std::size_t end) {
    return TextRange{point_at(text, place, begin), point_at(text, place, std::max(begin, end))};
  };
  // The column of a line's first character counts in the stream, where a document may begin in the middle of a line.
  const auto line_of = [&](std::size_t offset) {
    offset = std::min(offset, text.size());
    const bool is_behind = offset >= place.gap_at;
    const std::size_t from = is_behind ? place.gap_at : 0;
    const std::string_view shown = is_behind ? text.substr(from) : text.substr(0, place.gap_at);
    LineText line = line_text(shown, offset - from);
    const bool is_first_line = shown.substr(0, offset - from).find('\n') == std::string_view::npos;
    if (is_first_line) line.first_column += (is_behind ? place.gap_end.column : place.column) - 1;
    return line;
  };
  result.range = range_of(error.begin, error.end);
  LineText line = line_of(error.begin);
  result.line_text = std::move(line.text);
  result.line_text_column = line.first_column;
  for (RawNote& note : error.notes) {
    result.notes.push_back({range_of(note.begin, note.end), line_of(note.begin).text, std::move(note.text)});
  }
  result.help = std::move(error.help);
  return result;
}

std::string quoted_for_message(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string out = "`";
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (used >= kLongest && !is_continuation(text[i])) {
      out += "..";
      break;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += text[i];
    }
    ++used;
  }
  out += '`';
  return out;
}

bool rank_members(const Member* members, std::uint32_t size, std::uint8_t* indices) {
  Rank order[kMostRanked];
  const bool are_different = order_small(members, size, order);
  for (std::uint32_t i = 0; i < size; ++i) indices[i] = static_cast<std::uint8_t>(index_of(order[i]));
  return are_different;
}

Value make_ordered_object(const ReadContext& context, const Member* members, std::uint32_t size,
                          const std::uint8_t* indices, const KeyNumber* numbers, NameBits names) {
  const Piece piece = allocate_object(context, size);
  for (std::uint32_t i = 0; i < size; ++i) piece.columns.put_pair(i, members[indices[i]]);
  if (piece.columns.numbers != nullptr) {
    for (std::uint32_t i = 0; i < size; i += 8) {
      std::memcpy(piece.columns.numbers + i, numbers + i, 8 * sizeof(KeyNumber));
    }
  }
  return piece.make(context, size, piece.columns.numbers == nullptr ? kAllNames : names);
}

bool finish_object(const ReadContext& context, Member* members, std::uint32_t size, Value& object,
                   DuplicateMembers& duplicate) {
  if (size == 0) {
    object = empty_object();
    return true;
  }
  const Piece piece = allocate_object(context, size);
  const Columns& columns = piece.columns;
  if (columns.numbers != nullptr) std::fill_n(columns.numbers + Object::padded(size) - 8, 8, kNoKey);
  std::uint32_t kept = size;
  if (count_ascending(members, size) == size) {
    for (std::uint32_t i = 0; i < size; ++i) columns.put(i, members[i]);
  } else {
    Rank order[kMostRanked];
    const bool is_small = size <= kMostRanked;
    const auto member = [&](std::uint32_t i) -> const Member& { return members[is_small ? index_of(order[i]) : i]; };
    const bool are_different = is_small ? order_small(members, size, order) : order_large(members, size);
    if (are_different) {
      for (std::uint32_t i = 0; i < size; ++i) columns.put(i, member(i));
    } else {
      kept = 0;
      for (std::uint32_t i = 0; i < size; ++i) {
        const Member& next = member(i);
        if (i > 0 && compare_members(member(i - 1), next) == 0) {
          if (context.rules.duplicate_keys == DuplicateKeys::Error) {
            duplicate = {std::min(member(i - 1).key_begin, next.key_begin),
                         std::max(member(i - 1).key_begin, next.key_begin), next.key.as_string()};
            return false;
          }
          --kept;
        }
        columns.put(kept++, next);
      }
      if (columns.numbers != nullptr) std::fill(columns.numbers + kept, columns.numbers + Object::padded(size), kNoKey);
    }
  }
  object = piece.make(context, kept);
  return true;
}

Value make_number(const ReadContext& context, std::string_view text, std::string_view& code, std::string& why) {
  const std::uint32_t longest = context.rules.strict
                                    ? context.limits.number_bytes
                                    : std::max(context.limits.number_bytes, context.limits.number_digits);
  if (text.size() > longest) {
    code = "limit_number_bytes";
    why = fmt::format("number of {} bytes: at most {} are read", text.size(), longest);
    return {};
  }
  const bool is_integer = text.find_first_of(".eE") == std::string_view::npos;
  if (is_integer ? context.rules.integers == Numbers::AsDouble
                 : (context.rules.strict && text.find_first_of("eE") != std::string_view::npos)) {
    double number = 0;
    const std::from_chars_result parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (is_integer)
      return parsed.ec == std::errc() ? number_from_text(context.arena, format_json_double(number))
                                      : number_from_text(context.arena, text);
    // What is too small for a double is zero to Kubernetes, and must not pass a rule as "not zero". from_chars gives
    // result_out_of_range for both ends.
    const std::size_t exponent = text.find_first_of("eE");
    if (parsed.ec == std::errc::result_out_of_range && text[exponent + 1] == '-') return Value::integer(0);
  }
  const Value number = number_from_text(context.arena, text);
  if (!number.is_defined()) {
    code = "bad_number";
    why = fmt::format("number {} is too big", quoted_for_message(text));
  }
  return number;
}

}  // namespace psdl::codec
