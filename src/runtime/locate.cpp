// Choosing the node, then a second look at the text for lines and columns.
#include "runtime/locate.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "runtime/pointer.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

constexpr std::size_t kMostRelated = 8;
constexpr std::size_t kLongestValue = 200;  // bytes of JSON shown for a node
constexpr std::uint32_t kBefore = 300;      // characters of a line kept before a place ..
constexpr std::uint32_t kAfter = 300;       // .. and after it

constexpr std::string_view kObjectPlaces[] = {"/metadata/name", "/metadata/generateName", "/kind", ""};

bool locates(const Note& note) {
  switch (note.kind) {
    case Note::Kind::Test: return true;
    case Note::Kind::Miss: return note.negated;
    case Note::Kind::Element: return false;
  }
  return false;
}

// The note that the finding stands at; null where nothing of the document was looked at. The last test decides, unless a generator went on to an item
// afterwards and nothing was tested there: then it is the item.
const Note* deciding_note(std::span<const Note> notes) {
  const Note* element = nullptr;
  for (std::size_t i = notes.size(); i-- > 0;) {
    if (locates(notes[i])) return element != nullptr ? element : &notes[i];
    if (element == nullptr && notes[i].kind == Note::Kind::Element && !notes[i].negated) element = &notes[i];
  }
  return element;
}

// The nodes besides the primary one, nearest first, each once.
struct RelatedNotes {
  std::array<const Note*, kMostRelated> notes{};
  std::size_t count = 0;
  [[nodiscard]] auto begin() const { return notes.begin(); }
  [[nodiscard]] auto end() const { return notes.begin() + static_cast<std::ptrdiff_t>(count); }
};
RelatedNotes related_notes(std::span<const Note> notes, std::uint32_t primary) {
  RelatedNotes kept;
  for (std::size_t i = notes.size(); i-- > 0 && kept.count < kMostRelated;) {
    const Note& note = notes[i];
    if (note.origin == primary || (note.kind == Note::Kind::Miss && !note.negated)) continue;
    const auto is_same = [&](const Note* other) { return other->origin == note.origin; };
    if (std::any_of(kept.begin(), kept.end(), is_same)) continue;
    kept.notes[kept.count++] = &note;
  }
  return kept;
}

bool is_at_or_above(std::string_view above, std::string_view pointer) {
  return pointer.starts_with(above) && (pointer.size() == above.size() || pointer[above.size()] == '/');
}

bool is_shown(std::string_view pointer, const Finding& finding) {
  const auto is_same = [&](const RelatedPlace& one) { return one.path == pointer; };
  return std::any_of(finding.related.begin(), finding.related.end(), is_same);
}

// The line around a byte of the text, whose column is known: never the whole of a long one, so that a document on one line costs no more.
std::string_view line_around(std::string_view text, std::size_t at, std::uint32_t column, std::uint32_t& from) {
  const auto is_first_byte = [&](std::size_t i) { return (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U; };
  at = std::min(at, text.size());
  std::size_t begin = at;
  std::uint32_t before = 0;
  while (begin > 0 && text[begin - 1] != '\n' && before < kBefore) before += is_first_byte(--begin) ? 1 : 0;
  std::size_t end = at;
  for (std::uint32_t after = 0; end < text.size() && text[end] != '\n'; ++end) {
    if (is_first_byte(end) && ++after > kAfter) break;
  }
  from = column > before ? column - before : 1;
  std::string_view line = text.substr(begin, end - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

Locator::Locator(const Document& document, const ObjectFacts& facts, LocatorMemory& memory)
    : document_(document), facts_(facts), memory_(memory) {
  memory_.wanted.clear();
  memory_.by_pointer.clear();
  for (const ContainerPlace& container : facts.containers) memory_.by_pointer.push_back(&container);
  memory_.by_name = memory_.by_pointer;
  std::sort(memory_.by_pointer.begin(), memory_.by_pointer.end(),
            [](const ContainerPlace* left, const ContainerPlace* right) { return left->pointer < right->pointer; });
  // The first of a name comes first.
  std::sort(memory_.by_name.begin(), memory_.by_name.end(),
            [](const ContainerPlace* left, const ContainerPlace* right) {
              return std::tie(left->name, left) < std::tie(right->name, right);
            });
}

void Locator::put_location(const TextRange& range, Precision precision, Location& location) const {
  location.file = document_.place().stream;
  location.line = range.begin.line;
  location.column = range.begin.column;
  location.offset = range.begin.offset;
  location.end_line = range.end.line;
  location.end_column = range.end.column;
  location.end_offset = range.end.offset;
  location.precision = precision;
  location.line_text = line_around(document_.text(), document_.place().text_offset(range.begin.offset),
                                   range.begin.column, location.line_text_from);
}

// The container that the pointer names or goes into: containers do not lie in each other, so one of its beginnings.
const ContainerPlace* Locator::container_of(std::string_view pointer) const {
  const auto is_before = [](const ContainerPlace* one, std::string_view wanted) { return one->pointer < wanted; };
  const std::vector<const ContainerPlace*>& all = memory_.by_pointer;
  for (;;) {
    const auto found = std::lower_bound(all.begin(), all.end(), pointer, is_before);
    if (found != all.end() && (*found)->pointer == pointer) return *found;
    const std::size_t step = pointer.rfind('/');
    if (step == std::string_view::npos) return nullptr;
    pointer = pointer.substr(0, step);
  }
}

const ContainerPlace* Locator::container_named(std::string_view name) const {
  const auto is_before = [](const ContainerPlace* one, std::string_view wanted) { return one->name < wanted; };
  const std::vector<const ContainerPlace*>& all = memory_.by_name;
  const auto found = std::lower_bound(all.begin(), all.end(), name, is_before);
  return found != all.end() && (*found)->name == name ? *found : nullptr;
}

std::string_view Locator::name_pointer(const ContainerPlace& container) {
  return memory_.pointer.assign(container.pointer).append("/name");
}

void Locator::want(const Element& element, std::span<const Note> notes) {
  std::vector<std::uint32_t>& wanted = memory_.wanted;
  const auto add_path = [&](std::string_view pointer) {
    wanted.push_back(find_path(document_.root(), pointer).origin);
  };
  if (wanted.empty()) {
    for (std::string_view pointer : kObjectPlaces) add_path(pointer);
    for (const ContainerPlace& container : facts_.containers) {
      add_path(container.pointer);
      add_path(name_pointer(container));
    }
  }
  if (element.path) add_path(*element.path);
  const Note* note = deciding_note(notes);
  if (note != nullptr) wanted.push_back(note->origin);
  for (const Note* other : related_notes(notes, note != nullptr ? note->origin : 0)) wanted.push_back(other->origin);
  is_located_ = false;
}

const NodePlace& Locator::place(std::uint32_t origin) {
  std::vector<std::uint32_t>& wanted = memory_.wanted;
  if (!is_located_ || !std::binary_search(wanted.begin(), wanted.end(), origin)) {
    wanted.push_back(origin);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    psdl::locate(document_, wanted, memory_.look, memory_.places);
    is_located_ = true;
  }
  const auto at = std::lower_bound(wanted.begin(), wanted.end(), origin);
  return memory_.places[static_cast<std::size_t>(at - wanted.begin())];
}

Locator::Target Locator::choose(const Element& element, std::span<const Note> notes) {
  if (element.path) {
    PathTarget found = find_path(document_.root(), *element.path);
    memory_.missing = std::move(found.missing);
    if (found.is_exact) return {found.origin, {}, Precision::Exact};
    return {found.origin, memory_.missing, Precision::Parent};
  }
  const Note* note = deciding_note(notes);
  Target target;
  if (note != nullptr) {
    // A miss without a name is a test that did not hold, inside `not`: the node is there, its value is the reason.
    target = {note->origin, note->missing, note->missing.empty() ? Precision::Exact : Precision::Parent};
  }
  // A container that the rule names itself is closer than a node outside of it, or outside of another of that name.
  const ContainerPlace* named = element.container.empty() ? nullptr : container_named(element.container);
  if (named != nullptr) {
    const ContainerPlace* around = target.origin != 0 ? container_of(place(target.origin).pointer) : nullptr;
    if (around == nullptr || around->name != named->name)
      return {find_path(document_.root(), named->pointer).origin, {}, Precision::Container};
  }
  return target;
}

RelatedPlace& Locator::add_place(const NodePlace& at, const TextRange& range, Finding& finding) {
  RelatedPlace& added = finding.related.emplace_back(memory_.spare.take_related());
  put_location(range, Precision::Exact, added.location);
  added.path = at.pointer;
  return added;
}

void Locator::add_related(std::span<const Note> notes, std::uint32_t primary, Finding& finding) {
  for (const Note* note : related_notes(notes, primary)) {
    const NodePlace& other = place(note->origin);
    if (!other.is_found) continue;
    // What lies around the finding, or inside it, would underline the same text again.
    const bool is_around = is_at_or_above(other.pointer, finding.path) || is_at_or_above(finding.path, other.pointer);
    if (is_around && note->kind != Note::Kind::Element) continue;
    // A container's name is underlined as such.
    if (is_shown(other.pointer, finding)) continue;
    std::string& label = add_place(other, other.whole, finding).label;
    // Nearly every rule asks for the kind: that goes without saying.
    const bool is_plain = other.pointer == "/kind" || other.pointer == "/apiVersion";
    if (!note->missing.empty()) {
      label.assign("and `").append(note->missing).append("` is missing here");
    } else if (!is_around && !is_plain && note->kind == Note::Kind::Test) {
      label = "together with this";
    }
  }
}

// The container's name, or where it has none its beginning: shown above the field that is wrong.
void Locator::add_container(const ContainerPlace& container, Finding& finding) {
  const PathTarget name = find_path(document_.root(), name_pointer(container));
  const NodePlace& shown = place(name.origin);
  if (!shown.is_found) return;
  const TextRange& range = name.is_exact ? shown.value : shown.whole;
  if (range.begin.line != finding.location.line) add_place(shown, range, finding).label = "this container";
}

// The object's name, else its kind, else its beginning.
void Locator::stand_at_object(Finding& finding) {
  for (std::string_view pointer : kObjectPlaces) {
    const PathTarget found = find_path(document_.root(), pointer);
    if (!found.is_exact) continue;
    const NodePlace& shown = place(found.origin);
    if (!shown.is_found) continue;
    put_location(shown.whole, Precision::Object, finding.location);
    return;
  }
  finding.location.file = document_.place().stream;
  finding.location.precision = Precision::File;
}

// Of the node that the finding stands at: a collection only where it is short.
void Locator::show_value(Finding& finding) const {
  const Value* value = value_at(document_.root(), finding.path);
  if (value == nullptr) return;
  const std::size_t most = value->is_collection() ? kLongestValue : SIZE_MAX;
  if (!append_json_within(finding.value_json, most, *value)) finding.value_json.clear();
}

void Locator::locate(const Element& element, std::span<const Note> notes, Finding& finding) {
  const Target target = choose(element, notes);
  finding.container = element.container;
  finding.missing = target.missing;
  const NodePlace* const shown = target.origin == 0 ? nullptr : &place(target.origin);
  const bool is_found = shown != nullptr && shown->is_found;
  if (!is_found || shown->pointer.empty()) {
    // The whole object would be underlined: its name is what people look for.
    stand_at_object(finding);
    if (is_found && !target.missing.empty()) finding.location.precision = Precision::Parent;
    return;
  }
  finding.path = shown->pointer;
  put_location(shown->whole, target.precision, finding.location);
  if (target.precision == Precision::Exact) show_value(finding);
  if (const ContainerPlace* container = container_of(finding.path); container != nullptr) {
    if (finding.container.empty()) finding.container = container->name;
    add_container(*container, finding);
  }
  add_related(notes, target.origin, finding);
}

}  // namespace psdl
