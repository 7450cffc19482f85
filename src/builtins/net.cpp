// CIDR blocks: containment, intersection, expansion, merging. In: addresses and blocks as text; out: answers, or sets of such texts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "builtins/registry.hpp"

namespace psdl {
namespace {

__extension__ typedef unsigned __int128 Address;  // big-endian number of an IPv6 address; IPv4 is ::ffff:a.b.c.d

constexpr unsigned kBits = 128;
constexpr unsigned kV4Offset = 96;  // bits before the four bytes of IPv4
constexpr Address kV4Prefix = Address{0xFFFF} << 32U;

bool is_v4(Address address) { return address >> 32U == kV4Prefix >> 32U; }

// The bits that a block of this prefix leaves to its hosts.
Address host_mask(unsigned prefix) { return prefix == 0 ? ~Address{0} : (Address{1} << (kBits - prefix)) - 1; }

// `address` may have host bits set: a bare IPv4 address among those to merge keeps them.
struct Block {
  Address address = 0;
  unsigned prefix = 0;  // of 128 bits

  [[nodiscard]] Address first() const { return address & ~host_mask(prefix); }
  [[nodiscard]] Address last() const { return address | host_mask(prefix); }
  // A block of one family has no address of the other, though ::/0 covers all the bits of IPv4.
  [[nodiscard]] bool contains(Address other) const { return is_v4(first()) == is_v4(other) && first() == (other & ~host_mask(prefix)); }
  [[nodiscard]] bool contains(const Block& other) const {
    if (!is_v4(first()) && !is_v4(other.first())) return prefix <= other.prefix && contains(other.first());
    return contains(other.first()) && contains(other.last());
  }
};

// --- reading

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Four decimal bytes without leading zeros.
std::optional<std::uint32_t> read_v4(std::string_view text) {
  std::uint32_t address = 0;
  std::size_t at = 0;
  for (int field = 0; field < 4; ++field) {
    if (field > 0 && (at == text.size() || text[at++] != '.')) return std::nullopt;
    const std::size_t begin = at;
    std::uint32_t value = 0;
    while (at < text.size() && is_digit(text[at])) {
      if (at > begin && value == 0) return std::nullopt;
      value = value * 10 + static_cast<std::uint32_t>(text[at++] - '0');
      if (value > 255) return std::nullopt;
    }
    if (at == begin) return std::nullopt;
    address = address << 8U | value;
  }
  if (at != text.size()) return std::nullopt;
  return address;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Eight groups of at most four hexadecimal digits; `::` once for one or more groups of zeros; the last two may be an IPv4 address.
std::optional<Address> read_v6(std::string_view text) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return Address{0};
  }
  while (count < groups.size()) {
    std::size_t size = 0;
    std::uint32_t value = 0;
    while (size < text.size() && hex_digit(text[size]) >= 0) {
      if (size == 4) return std::nullopt;
      value = value << 4U | static_cast<std::uint32_t>(hex_digit(text[size++]));
    }
    if (size == 0) return std::nullopt;
    if (size < text.size() && text[size] == '.') {
      if ((!gap && count != 6) || count > 6) return std::nullopt;
      const std::optional<std::uint32_t> tail = read_v4(text);
      if (!tail) return std::nullopt;
      groups[count++] = static_cast<std::uint16_t>(*tail >> 16U);
      groups[count++] = static_cast<std::uint16_t>(*tail & 0xFFFFU);
      text = {};
      break;
    }
    groups[count++] = static_cast<std::uint16_t>(value);
    text.remove_prefix(size);
    if (text.empty()) break;
    if (text[0] != ':' || text.size() == 1) return std::nullopt;
    text.remove_prefix(1);
    if (text[0] == ':') {
      if (gap) return std::nullopt;
      gap = count;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  if (!text.empty()) return std::nullopt;
  // A gap stands for at least one group.
  if (count < groups.size() ? !gap : gap.has_value()) return std::nullopt;
  Address address = 0;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    const std::size_t zeros = groups.size() - count;
    std::uint16_t value = 0;
    if (!gap || group < *gap) {
      value = groups[group];
    } else if (group >= *gap + zeros) {
      value = groups[group - zeros];
    }
    address = address << 16U | value;
  }
  return address;
}

struct ReadAddress {
  Address address = 0;
  bool is_v4_text = false;
};

std::optional<ReadAddress> read_address(std::string_view text) {
  const std::size_t mark = text.find_first_of(".:%");
  if (mark == std::string_view::npos || text[mark] == '%') return std::nullopt;
  if (text[mark] == '.') {
    const std::optional<std::uint32_t> v4 = read_v4(text);
    if (!v4) return std::nullopt;
    return ReadAddress{kV4Prefix | *v4, true};
  }
  const std::optional<Address> v6 = read_v6(text);
  if (!v6) return std::nullopt;
  return ReadAddress{*v6, false};
}

std::optional<Block> read_block(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<ReadAddress> read = read_address(text.substr(0, slash));
  if (!read) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  const unsigned most = read->is_v4_text ? kBits - kV4Offset : kBits;
  unsigned prefix = 0;
  for (const char c : digits) {
    prefix = prefix * 10 + static_cast<unsigned>(c - '0');
    if (prefix > most) return std::nullopt;
  }
  if (read->is_v4_text) prefix += kV4Offset;
  return Block{read->address & ~host_mask(prefix), prefix};
}

// --- writing

// As RFC 5952 has it: the first of the longest runs of two or more zero groups becomes `::`.
void append_address(std::string& out, Address address) {
  if (is_v4(address)) {
    const auto v4 = static_cast<std::uint32_t>(address);
    fmt::format_to(std::back_inserter(out), "{}.{}.{}.{}", v4 >> 24U, v4 >> 16U & 255U, v4 >> 8U & 255U, v4 & 255U);
    return;
  }
  const auto group = [&](std::size_t index) { return static_cast<std::uint16_t>(address >> (112 - 16 * index)); };
  std::size_t gap_begin = 8;
  std::size_t gap_size = 1;
  for (std::size_t begin = 0; begin < 8;) {
    std::size_t end = begin;
    while (end < 8 && group(end) == 0) ++end;
    if (end - begin > gap_size) {
      gap_begin = begin;
      gap_size = end - begin;
    }
    begin = std::max(end, begin + 1);
  }
  for (std::size_t index = 0; index < 8; ++index) {
    if (index == gap_begin) {
      out += "::";
      index += gap_size - 1;
      continue;
    }
    if (index > 0 && index != gap_begin + gap_size) out += ':';
    fmt::format_to(std::back_inserter(out), "{:x}", group(index));
  }
}

// The address keeps its host bits, if it has any.
Value block_text(Arena& arena, const Block& block) {
  std::string text;
  append_address(text, block.address);
  fmt::format_to(std::back_inserter(text), "/{}", is_v4(block.address) ? block.prefix - kV4Offset : block.prefix);
  return Value::string(arena, text);
}

// --- containment

Value fail_block(CallContext& context, std::string_view text) { return context.fail(fmt::format("invalid CIDR address: {}", text)); }

// OPA says "operand 1" of either operand.
bool is_text(CallContext& context, const Value& value) {
  if (value.is_string()) return true;
  (void)context.fail_operand(1, "string", value);
  return false;
}

// What stands on the right of a containment: an address is the block of itself alone, which every test below treats alike.
std::optional<Block> read_target(std::string_view text) {
  if (const std::optional<ReadAddress> address = read_address(text)) return Block{address->address, kBits};
  return read_block(text);
}

Value fail_target(CallContext& context, std::string_view text) {
  return context.fail(fmt::format("not a valid textual representation of an IP address or CIDR: {}", text));
}

Value net_cidr_contains(CallContext& context, Args args) {
  if (!is_text(context, args[0])) return {};
  const std::optional<Block> outer = read_block(args.string(0));
  if (!outer) return fail_block(context, args.string(0));
  if (!is_text(context, args[1])) return {};
  const std::optional<Block> inner = read_target(args.string(1));
  if (!inner) return fail_target(context, args.string(1));
  return Value::boolean(outer->contains(*inner));
}

Value net_cidr_intersects(CallContext& context, Args args) {
  Block blocks[2];
  for (std::size_t operand = 0; operand < 2; ++operand) {
    if (!is_text(context, args[operand])) return {};
    const std::optional<Block> block = read_block(args.string(operand));
    if (!block) return fail_block(context, args.string(operand));
    blocks[operand] = *block;
  }
  return Value::boolean(blocks[0].contains(blocks[1].address) || blocks[1].contains(blocks[0].address));
}

Value net_cidr_is_valid(CallContext&, Args args) { return Value::boolean(args[0].is_string() && read_block(args.string(0)).has_value()); }

// One block or address of an operand of cidr_contains_matches, read when it is first compared.
struct Candidate {
  Value text;   // undefined where the element is neither a string nor an array with a first item
  Value index;  // what the result names it by
  Block block = {};
  enum class State : std::uint8_t { Unread, Read, Bad } state = State::Unread;
};

class Candidates {
 public:
  Candidates(Arena& arena, const Value& operand) {
    if (operand.is_string()) {
      reserve(arena, 1);
      add(operand, operand);
    } else if (operand.is_array()) {
      reserve(arena, operand.length());
      for (const Value& item : operand.as_array()) add(item, Value::integer(static_cast<std::int64_t>(size_)));
    } else if (operand.is_set()) {
      const std::span<const Value> members = operand.as_set().items();
      reserve(arena, members.size());
      for (const Value& member : members) add(member, member);
    } else if (operand.is_object()) {
      const Object& object = operand.as_object();
      reserve(arena, object.size());
      for (std::uint32_t at = 0; at < object.size(); ++at) add(object.values()[at], object.keys()[at]);
    }
  }

  [[nodiscard]] std::span<Candidate> all() { return {items_, size_}; }

 private:
  void reserve(Arena& arena, std::size_t count) { items_ = arena.allocate_array<Candidate>(count); }
  void add(const Value& element, const Value& index) {
    Value text;
    if (element.is_string()) text = element;
    if (element.is_array() && element.length() > 0) text = element.as_array()[0];
    new (&items_[size_++]) Candidate{text, index};
  }

  Candidate* items_ = nullptr;
  std::size_t size_ = 0;
};

// False where an error was recorded.
template <class Read, class Fail>
bool ensure_read(CallContext& context, Candidate& candidate, Read read, Fail fail) {
  if (candidate.state == Candidate::State::Read) return true;
  if (!is_text(context, candidate.text)) return false;
  const std::optional<Block> block = read(candidate.text.as_string());
  if (!block) {
    (void)fail(context, candidate.text.as_string());
    return false;
  }
  candidate.block = *block;
  candidate.state = Candidate::State::Read;
  return true;
}

Value net_cidr_contains_matches(CallContext& context, Args args) {
  Arena& arena = context.arena();
  Candidates outer(arena, args[0]);
  Candidates inner(arena, args[1]);
  if (!context.may_work(outer.all().size() * inner.all().size() / Budget::kItems)) return {};
  constexpr std::string_view kElement = "element must be string or non-empty array";
  SetBuilder matches(arena);
  for (Candidate& block : outer.all()) {
    if (!block.text.is_defined()) return context.fail(fmt::format("operand 1: {}", kElement));
    for (Candidate& target : inner.all()) {
      if (!target.text.is_defined()) return context.fail(fmt::format("operand 2: {}", kElement));
      if (!ensure_read(context, block, read_block, fail_block) || !ensure_read(context, target, read_target, fail_target)) return {};
      if (!block.block.contains(target.block)) continue;
      if (!context.may_make_items(matches.bag_size() + 1)) return {};
      Value* const pair = arena.allocate_array<Value>(2);
      pair[0] = block.index;
      pair[1] = target.index;
      matches.add(Value::array({pair, 2}));
    }
  }
  return matches.finish();
}

// --- expansion and merging

Value net_cidr_expand(CallContext& context, Args args) {
  const std::optional<Block> block = read_block(args.string(0));
  if (!block) return fail_block(context, args.string(0));
  const Address most = context.limits().cidr_items;
  const Address hosts = block->last() - block->first();  // one less than there are
  if (hosts >= most) return context.limit("cidr_items");
  constexpr std::size_t kBytesPerAddress = 64;
  const auto count = static_cast<std::size_t>(hosts) + 1;
  if (!context.may_work(count / 4) || !context.is_within_memory(count * kBytesPerAddress)) return {};
  SetBuilder addresses(context.arena());
  std::string text;
  for (Address offset = 0; offset <= hosts; ++offset) {
    text.clear();
    append_address(text, block->first() + offset);
    addresses.add(Value::string(context.arena(), text));
  }
  return addresses.finish();
}

// The prefix that an IPv4 address had by its class, before there were CIDR blocks.
unsigned class_prefix(Address address) {
  const auto first = static_cast<std::uint8_t>(address >> 24U);
  if (first < 0x80) return kV4Offset + 8;
  return kV4Offset + (first < 0xC0 ? 16U : 24U);
}

// Nothing, with an error recorded, where the element is neither.
std::optional<Block> read_mergeable(CallContext& context, const Value& element) {
  if (!element.is_string()) {
    (void)context.fail("element must be string");
    return std::nullopt;
  }
  const std::optional<ReadAddress> address = read_address(element.as_string());
  if (!address) {
    const std::optional<Block> block = read_block(element.as_string());
    if (!block) (void)fail_block(context, element.as_string());
    return block;
  }
  if (!is_v4(address->address)) {
    (void)context.fail("IPv6 invalid: needs prefix length");
    return std::nullopt;
  }
  return Block{address->address, class_prefix(address->address)};
}

struct Range {
  Address first;
  Address last;
  // The text it came with, as long as nothing was merged into it.
  std::optional<Block> block;
};

// The fewest blocks that cover the range, lowest first. A block that begins in IPv4 ends there: bit 32 of its address is set.
void add_blocks(Arena& arena, SetBuilder& out, const Range& range) {
  Address first = range.first;
  for (;;) {
    unsigned prefix = kBits;
    while (prefix > 0 && (first & host_mask(prefix - 1)) == 0 && (first | host_mask(prefix - 1)) <= range.last) --prefix;
    out.add(block_text(arena, {first, prefix}));
    const Address last = first | host_mask(prefix);
    if (last >= range.last) return;
    first = last + 1;
  }
}

Value net_cidr_merge(CallContext& context, Args args) {
  if (!args[0].is_array() && !args[0].is_set()) return context.fail("operand must be an array");
  const std::span<const Value> elements = args[0].is_array() ? args.array(0) : args.set(0).items();
  Arena& arena = context.arena();
  Range* const ranges = arena.allocate_array<Range>(elements.size());
  std::size_t count = 0;
  for (const Value& element : elements) {
    const std::optional<Block> block = read_mergeable(context, element);
    if (!block) return {};
    new (&ranges[count++]) Range{block->first(), block->last(), block};
  }
  std::sort(ranges, ranges + count, [](const Range& left, const Range& right) {
    return left.last != right.last ? left.last < right.last : left.first < right.first;
  });
  // From the last range to the first: each swallows those before it that it overlaps or adjoins.
  SetBuilder merged(arena);
  for (std::size_t at = count; at-- > 0;) {
    Range range = ranges[at];
    const auto adjoins = [&](const Range& lower) {
      const bool is_lowest = range.first == 0 || range.first == kV4Prefix;
      return (is_lowest ? range.first : range.first - 1) <= lower.last;
    };
    while (at > 0 && adjoins(ranges[at - 1])) {
      --at;
      range = {std::min(range.first, ranges[at].first), range.last, std::nullopt};
    }
    if (range.block) {
      merged.add(block_text(arena, *range.block));
    } else {
      add_blocks(arena, merged, range);
    }
  }
  return merged.finish();
}

constexpr Builtin kNetBuiltins[] = {
    {.name = "net.cidr_contains",
     .signature = signature("(cidr: string, cidr_or_ip: string) -> boolean"),
     .doc = "Whether the block holds the whole of another block, or an address.",
     .example = R"(net.cidr_contains("10.0.0.0/8", "10.1.2.3"))",
     .fn = net_cidr_contains,
     .checks_operands = false},
    {.name = "net.cidr_contains_matches",
     .signature = signature("(cidrs: string|array[string|array[any]]|object[string: string|array[any]]|set[string|array[any]], "
                            "cidrs_or_ips: string|array[string|array[any]]|object[string: string|array[any]]|set[string|array[any]]) -> "
                            "set[array<any, any>]"),
     .doc = "All [i, j] where block i of the first collection holds block or address j of the second. An array's element is named by its position, a "
            "set's by itself, an object's by its key; an element that is an array counts by its first item.",
     .example = R"(net.cidr_contains_matches(["10.0.0.0/8"], {"a": "10.1.2.3", "b": "11.0.0.1"}) == {[0, "a"]})",
     .fn = net_cidr_contains_matches,
     .checks_operands = false},
    {.name = "net.cidr_expand",
     .signature = signature("(cidr: string) -> set[string]"),
     .doc = "All addresses of a block.",
     .example = R"(net.cidr_expand("10.0.0.0/31") == {"10.0.0.0", "10.0.0.1"})",
     .fn = net_cidr_expand},
    {.name = "net.cidr_intersects",
     .signature = signature("(cidr1: string, cidr2: string) -> boolean"),
     .doc = "Whether two blocks have an address in common.",
     .example = R"(net.cidr_intersects("10.0.0.0/8", "10.1.0.0/16"))",
     .fn = net_cidr_intersects,
     .checks_operands = false},
    {.name = "net.cidr_is_valid",
     .signature = signature("(cidr: string) -> boolean"),
     .doc = "Whether the text is an IPv4 or IPv6 block.",
     .example = R"(net.cidr_is_valid("2001:db8::/32"))",
     .fn = net_cidr_is_valid,
     .checks_operands = false,
     .can_fail = false},
    {.name = "net.cidr_merge",
     .signature = signature("(addrs: array[string]|set[string]) -> set[string]"),
     .doc = "The fewest blocks that cover the same addresses. A bare IPv4 address stands for the block of its class.",
     .example = R"(net.cidr_merge(["10.0.0.0/25", "10.0.0.128/25"]) == {"10.0.0.0/24"})",
     .fn = net_cidr_merge,
     .checks_operands = false},
    {.name = "net.cidr_overlap",
     .signature = signature("(string, string) -> boolean"),
     .doc = "The old name of net.cidr_contains.",
     .example = R"(net.cidr_overlap("10.0.0.0/8", "10.1.0.0/16"))",
     .fn = net_cidr_contains,
     .checks_operands = false,
     .is_deprecated = true},
};

}  // namespace

std::span<const Builtin> net_builtins() { return kNetBuiltins; }

}  // namespace psdl
