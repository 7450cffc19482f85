// What the two readers share: errors by byte offset, and objects put together from members in any order.
// In: members as they were read; out: a Value whose object is in term order, or the pair of members that have one name.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "base/limits.hpp"
#include "codec/document.hpp"
#include "codec/read_rules.hpp"
#include "value/key_table.hpp"
#include "value/value.hpp"

namespace psdl::codec {

// A text in an arena is followed by this many zero bytes: simdjson reads so far beyond the end.
inline constexpr std::size_t kPadding = 64;

// An error whose places are bytes of the document's text.
struct RawNote {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};
struct RawError {
  std::string code;
  std::string message;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_at_end = false;  // the text ended where more was expected
  std::vector<RawNote> notes;
  std::vector<std::string> help;
};

// `text` starts at `place` in its stream.
[[nodiscard]] ReadError make_read_error(RawError error, std::string_view text, const StreamPlace& place);
// Where a text ends that begins at `start`.
[[nodiscard]] TextPoint behind(const TextPoint& start, std::string_view text);
[[nodiscard]] TextPoint point_at(std::string_view text, const StreamPlace& place, std::size_t offset);
// A user's text for a message: in backticks, cut where it is long, control characters as escapes.
[[nodiscard]] std::string quoted_for_message(std::string_view text);

// What a reading shares with the parts it is made of.
struct ReadContext {
  Arena& arena;
  const ReadRules& rules;
  const Limits& limits;
  const KeyTable* key_table;
  std::uint32_t first_origin;  // 0: no origins are given and no starts kept
};

// One pair of an object that is being read.
struct Member {
  std::uint64_t prefix;  // name_prefix() of the key: orders most keys without looking at the text
  Value key;
  Value value;
  std::uint32_t key_begin;
  KeyNumber number;
};

// name_prefix() of a text with eight readable bytes behind its start, whatever its length.
[[nodiscard]] inline std::uint64_t padded_key_prefix(std::string_view text) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text.data(), 8);
  bytes = __builtin_bswap64(bytes);
  if (text.size() >= 8) return bytes;
  return text.empty() ? 0 : bytes & (~std::uint64_t{0} << (64 - 8 * text.size()));
}

// The key's number is looked up, and its text becomes the table's where the table has it. `prefix` is the key's. The
// value is left as it is.
inline void set_key(Member& member, std::string_view key, std::uint64_t prefix, std::uint32_t key_begin,
                    const KeyTable* table) {
  member.prefix = prefix;
  member.key_begin = key_begin;
  member.number = table != nullptr ? table->number(key, prefix) : kNoKey;
  if (member.number != kNoKey) key = table->name(member.number);
  member.key = Value::string(key);
}

// Two members with one name, in the order of the text.
struct DuplicateMembers {
  std::uint32_t first_begin = 0;
  std::uint32_t second_begin = 0;
  std::string_view key;
};

// Sorts `members` (which are scratch) and copies them into the arena; keys get their values' origins. False where a key
// stands twice and the rules refuse it.
[[nodiscard]] bool finish_object(const ReadContext& context, Member* members, std::uint32_t size, Value& object,
                                 DuplicateMembers& duplicate);

// The order of up to kMostRanked members by key, as indices; of equal keys the later one stands last. False where two
// keys are the same.
inline constexpr std::uint32_t kMostRanked = 64;
[[nodiscard]] bool rank_members(const Member* members, std::uint32_t size, std::uint8_t* indices);

// An object whose keys are all different and whose order is known; `numbers` are in that order and padded as Object
// wants them, and `names` are Object::names_among() them. Of the members only keys and values are looked at.
[[nodiscard]] Value make_ordered_object(const ReadContext& context, const Member* members, std::uint32_t size,
                                        const std::uint8_t* indices, const KeyNumber* numbers, NameBits names);

// Numbers of a document.
// `text` is JSON's grammar. Undefined where the number is too long or too big: `why` says so, and `code` is the
// error's.
[[nodiscard]] Value make_number(const ReadContext& context, std::string_view text, std::string_view& code,
                                std::string& why);

// Both readers give this back. node_starts has node_count entries, or is null without origins.
using Parts = Document::Parts;

}  // namespace psdl::codec
