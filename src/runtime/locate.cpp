// Choosing the node, then a second look at the text for lines and columns.
#include "runtime/locate.hpp"

#include <fmt/format.h>

#include <algorithm>

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
std::vector<const Note*> related_notes(std::span<const Note> notes, std::uint32_t primary) {
  std::vector<const Note*> kept;
  for (std::size_t i = notes.size(); i-- > 0 && kept.size() < kMostRelated;) {
    const Note& note = notes[i];
    if (note.origin == primary || (note.kind == Note::Kind::Miss && !note.negated)) continue;
    if (std::any_of(kept.begin(), kept.end(), [&](const Note* other) { return other->origin == note.origin; })) continue;
    kept.push_back(&note);
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
std::string line_around(std::string_view text, std::size_t at, std::uint32_t column, std::uint32_t& from) {
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
  return std::string(line);
}

}  // namespace

Locator::Locator(const Document& document, const ObjectFacts& facts) : document_(document), facts_(facts) {
  for (const ContainerPlace& container : facts.containers) {
    containers_.try_emplace(container.pointer, &container);
    named_containers_.try_emplace(container.name, &container);
  }
}

Location Locator::location_of(const TextRange& range, Precision precision) const {
  Location location;
  location.file = document_.place().stream;
  location.line = range.begin.line;
  location.column = range.begin.column;
  location.offset = range.begin.offset;
  location.end_line = range.end.line;
  location.end_column = range.end.column;
  location.end_offset = range.end.offset;
  location.precision = precision;
  location.line_text = line_around(document_.text(), document_.place().text_offset(range.begin.offset), range.begin.column, location.line_text_from);
  return location;
}

// The container that the pointer names or goes into: containers do not lie in each other, so one of its beginnings.
const ContainerPlace* Locator::container_of(std::string_view pointer) const {
  for (;;) {
    const auto found = containers_.find(pointer);
    if (found != containers_.end()) return found->second;
    const std::size_t step = pointer.rfind('/');
    if (step == std::string_view::npos) return nullptr;
    pointer = pointer.substr(0, step);
  }
}

const ContainerPlace* Locator::container_named(std::string_view name) const {
  const auto found = named_containers_.find(name);
  return found == named_containers_.end() ? nullptr : found->second;
}

void Locator::want(const Element& element, std::span<const Note> notes) {
  const auto add_path = [this](std::string_view pointer) { wanted_.push_back(find_path(document_.root(), pointer).origin); };
  if (wanted_.empty() && places_.empty()) {
    for (std::string_view pointer : kObjectPlaces) add_path(pointer);
    for (const ContainerPlace& container : facts_.containers) {
      add_path(container.pointer);
      add_path(container.pointer + "/name");
    }
  }
  if (element.path) add_path(*element.path);
  const Note* note = deciding_note(notes);
  if (note != nullptr) wanted_.push_back(note->origin);
  for (const Note* other : related_notes(notes, note != nullptr ? note->origin : 0)) wanted_.push_back(other->origin);
}

const NodePlace& Locator::place(std::uint32_t origin) {
  const auto known = places_.find(origin);
  if (known != places_.end() && wanted_.empty()) return known->second;
  wanted_.push_back(origin);
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  std::vector<NodePlace> found = psdl::locate(document_, wanted_);
  for (std::size_t i = 0; i < found.size(); ++i) places_.insert_or_assign(wanted_[i], std::move(found[i]));
  wanted_.clear();
  return places_[origin];
}

Locator::Target Locator::choose(const Element& element, std::span<const Note> notes) {
  if (element.path) {
    const PathTarget found = find_path(document_.root(), *element.path);
    return {found.origin, found.is_exact ? std::string() : found.missing, found.is_exact ? Precision::Exact : Precision::Parent};
  }
  const Note* note = deciding_note(notes);
  Target target;
  if (note != nullptr) {
    target.origin = note->origin;
    // A miss without a name is a test that did not hold, inside `not`: the node is there, its value is the reason.
    target.missing = std::string(note->missing);
    target.precision = note->missing.empty() ? Precision::Exact : Precision::Parent;
  }
  // A container that the rule names itself is closer than a node outside of it, or outside of another of that name.
  const ContainerPlace* named = element.container.empty() ? nullptr : container_named(element.container);
  if (named != nullptr) {
    const ContainerPlace* around = target.origin != 0 ? container_of(place(target.origin).pointer) : nullptr;
    if (around == nullptr || around->name != named->name) return {find_path(document_.root(), named->pointer).origin, {}, Precision::Container};
  }
  return target;
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
    std::string label;
    // Nearly every rule asks for the kind: that goes without saying.
    const bool is_plain = other.pointer == "/kind" || other.pointer == "/apiVersion";
    if (!is_around && !is_plain && note->kind == Note::Kind::Test) label = "together with this";
    if (!note->missing.empty()) label = fmt::format("and `{}` is missing here", note->missing);
    finding.related.push_back({location_of(other.whole, Precision::Exact), other.pointer, std::move(label)});
  }
}

// The container's name, or where it has none its beginning: shown above the field that is wrong.
void Locator::add_container(const ContainerPlace& container, Finding& finding) {
  const PathTarget name = find_path(document_.root(), container.pointer + "/name");
  const NodePlace& shown = place(name.origin);
  if (!shown.is_found) return;
  const TextRange& range = name.is_exact ? shown.value : shown.whole;
  if (range.begin.line == finding.location.line) return;
  finding.related.push_back({location_of(range, Precision::Exact), shown.pointer, "this container"});
}

// The object's name, else its kind, else its beginning.
void Locator::stand_at_object(Finding& finding) {
  for (std::string_view pointer : kObjectPlaces) {
    const PathTarget found = find_path(document_.root(), pointer);
    if (!found.is_exact) continue;
    const NodePlace& shown = place(found.origin);
    if (!shown.is_found) continue;
    finding.location = location_of(shown.whole, Precision::Object);
    return;
  }
  finding.location.file = document_.place().stream;
  finding.location.precision = Precision::File;
}

void Locator::locate(const Element& element, std::span<const Note> notes, Finding& finding) {
  const Target target = choose(element, notes);
  const NodePlace shown = target.origin == 0 ? NodePlace{} : place(target.origin);
  finding.container = element.container;
  if (!shown.is_found || shown.pointer.empty()) {
    // The whole object would be underlined: its name is what people look for.
    stand_at_object(finding);
    finding.missing = target.missing;
    if (shown.is_found && !target.missing.empty()) finding.location.precision = Precision::Parent;
    return;
  }
  finding.path = shown.pointer;
  finding.missing = target.missing;
  finding.location = location_of(shown.whole, target.precision);
  if (target.precision == Precision::Exact) {
    if (const Value* value = value_at(document_.root(), shown.pointer); value != nullptr && !value->is_collection()) {
      finding.value_json = to_json(*value);
    } else if (value != nullptr) {
      std::string json = to_json(*value);
      if (json.size() <= kLongestValue) finding.value_json = std::move(json);
    }
  }
  const ContainerPlace* container = container_of(shown.pointer);
  if (container != nullptr) {
    if (finding.container.empty()) finding.container = container->name;
    add_container(*container, finding);
  }
  add_related(notes, target.origin, finding);
}

}  // namespace psdl
