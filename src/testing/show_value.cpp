// A value that is too long keeps its first entries: enough to know it again.
#include "testing/show_value.hpp"

#include <fmt/format.h>

#include "value/text.hpp"

namespace psdl::testing {
namespace {

constexpr std::size_t kShort = 60;     // characters of a value
constexpr std::size_t kEntry = 40;     // of an entry that is kept of a long one
constexpr std::size_t kMostLines = 20;
constexpr std::size_t kWhole = 1U << 20U;

std::string text_within(const Value& value, std::size_t most, bool& fits) {
  std::string text;
  fits = append_rego_within(text, most, value) && text.size() <= most;
  return text;
}

// An entry of a longer value: whole, or its kind alone.
std::string entry_text(const Value& value) {
  bool fits = false;
  std::string text = text_within(value, kEntry, fits);
  if (fits) return text;
  return value.is_object() ? "{…}" : value.is_array() ? "[…]" : value.is_set() ? "{…}" : "…";
}

// The first entries of a collection, as many as there is room for, and how many there are.
std::string shortened(const Value& value) {
  const bool is_object = value.is_object();
  const auto list = is_object ? value.as_object().values() : value.is_array() ? value.as_array() : value.as_set().items();
  const std::string_view noun = is_object ? "key" : value.is_array() ? "item" : "member";
  std::string entries;
  std::size_t shown = 0;
  for (; shown < list.size(); ++shown) {
    const std::string entry = is_object ? fmt::format("{}: {}", entry_text(value.as_object().keys()[shown]), entry_text(list[shown])) : entry_text(list[shown]);
    if (shown > 0 && entries.size() + entry.size() > kEntry) break;
    entries += (shown > 0 ? ", " : "") + entry;
  }
  if (shown < list.size()) entries += fmt::format(", … {} {}{}", list.size(), noun, list.size() == 1 ? "" : "s");
  return value.is_array() ? fmt::format("[{}]", entries) : fmt::format("{{{}}}", entries);
}

class Differences {
 public:
  void compare(const std::string& path, const Value& left, const Value& right) {
    if (equal(left, right)) return;
    if (left.is_object() && right.is_object()) {
      objects(path, left.as_object(), right.as_object());
    } else if (left.is_array() && right.is_array()) {
      arrays(path, left.as_array(), right.as_array());
    } else if (left.is_set() && right.is_set()) {
      sets(path, left.as_set(), right.as_set());
    } else {
      add('-', path, left);
      add('+', path, right);
    }
  }

  std::vector<std::string> take() {
    if (left_out_ > 0) lines_.push_back(fmt::format("… {} more", left_out_));
    return std::move(lines_);
  }

 private:
  void add(char side, const std::string& path, const Value& value) {
    if (lines_.size() >= kMostLines) {
      ++left_out_;
      return;
    }
    lines_.push_back(fmt::format("{} {}{}{}", side, path, path.empty() ? "" : ": ", show_value(value, false)));
  }

  void objects(const std::string& path, const Object& left, const Object& right) {
    const auto below = [&](const Value& key) { return key.is_string() ? fmt::format("{}.{}", path, key.as_string()) : fmt::format("{}[{}]", path, to_rego(key)); };
    for (std::size_t i = 0; i < left.size(); ++i) {
      const Value* other = right.find(left.keys()[i]);
      if (other == nullptr) {
        add('-', below(left.keys()[i]), left.values()[i]);
      } else {
        compare(below(left.keys()[i]), left.values()[i], *other);
      }
    }
    for (std::size_t i = 0; i < right.size(); ++i) {
      if (left.find(right.keys()[i]) == nullptr) add('+', below(right.keys()[i]), right.values()[i]);
    }
  }

  void arrays(const std::string& path, std::span<const Value> left, std::span<const Value> right) {
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      const std::string below = fmt::format("{}[{}]", path, i);
      if (i >= right.size()) {
        add('-', below, left[i]);
      } else if (i >= left.size()) {
        add('+', below, right[i]);
      } else {
        compare(below, left[i], right[i]);
      }
    }
  }

  void sets(const std::string& path, const Set& left, const Set& right) {
    for (const Value& member : left.items()) {
      if (!right.contains(member)) add('-', path, member);
    }
    for (const Value& member : right.items()) {
      if (!left.contains(member)) add('+', path, member);
    }
  }

  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string show_value(const Value& value, bool whole) {
  bool fits = false;
  std::string text = text_within(value, whole ? kWhole : kShort, fits);
  if (fits) return text;
  const bool is_empty = value.is_collection() && (value.is_array() ? value.length() == 0 : value.is_object() ? value.as_object().size() == 0 : value.as_set().is_empty());
  if (value.is_collection() && !is_empty && !whole) return shortened(value);
  std::size_t cut = whole ? kWhole : kShort;
  while (cut > 0 && cut < text.size() && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
  text.resize(std::min(cut, text.size()));
  return text + "…";
}

std::vector<std::string> differences(const Value& left, const Value& right) {
  if (!left.is_collection() && !right.is_collection()) return {};
  Differences found;
  found.compare("", left, right);
  return found.take();
}

}  // namespace psdl::testing
