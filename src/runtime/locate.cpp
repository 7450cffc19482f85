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

struct Target {
  std::uint32_t origin = 0;
  std::string missing;
  Precision precision = Precision::Object;
};

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

Location location_of(const Document& document, const TextRange& range, Precision precision) {
  Location location;
  location.file = document.place().stream;
  location.line = range.begin.line;
  location.column = range.begin.column;
  location.offset = range.begin.offset;
  location.end_line = range.end.line;
  location.end_column = range.end.column;
  location.end_offset = range.end.offset;
  location.precision = precision;
  location.line_text = line_window(line_of(document, range.begin.offset), range.begin.column, location.line_text_from);
  return location;
}

Location location_of_file(const Document& document) {
  Location location;
  location.file = document.place().stream;
  location.precision = Precision::File;
  return location;
}

// Innermost container that holds the pointer; null outside of all.
const ContainerPlace* container_of(const ObjectFacts& facts, std::string_view pointer) {
  for (const ContainerPlace& place : facts.containers) {
    if (pointer.starts_with(place.pointer) && (pointer.size() == place.pointer.size() || pointer[place.pointer.size()] == '/')) return &place;
  }
  return nullptr;
}

const ContainerPlace* container_named(const ObjectFacts& facts, std::string_view name) {
  const auto found = std::find_if(facts.containers.begin(), facts.containers.end(), [&](const ContainerPlace& place) { return place.name == name; });
  return found == facts.containers.end() ? nullptr : &*found;
}

bool is_at_or_above(std::string_view above, std::string_view pointer) {
  return pointer.starts_with(above) && (pointer.size() == above.size() || pointer[above.size()] == '/');
}

Target choose(const Document& document, const ObjectFacts& facts, const Element& element, std::span<const Note> notes) {
  if (element.path) {
    const PathTarget found = find_path(document.root(), *element.path);
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
  // A container that the rule names itself is closer than a node outside of it.
  const ContainerPlace* named = element.container.empty() ? nullptr : container_named(facts, element.container);
  if (named != nullptr) {
    const bool is_inside = target.origin != 0 && is_at_or_above(named->pointer, locate(document, target.origin).pointer);
    if (!is_inside) return {find_path(document.root(), named->pointer).origin, {}, Precision::Container};
  }
  return target;
}

void add_related(const Document& document, std::span<const Note> notes, std::uint32_t primary, Finding& finding) {
  std::vector<std::uint32_t> origins;
  std::vector<const Note*> kept;
  for (std::size_t i = notes.size(); i-- > 0 && origins.size() < kMostRelated;) {
    const Note& note = notes[i];
    if (note.origin == primary || (note.kind == Note::Kind::Miss && !note.negated)) continue;
    if (std::find(origins.begin(), origins.end(), note.origin) != origins.end()) continue;
    origins.push_back(note.origin);
    kept.push_back(&note);
  }
  const std::vector<NodePlace> places = locate(document, origins);
  for (std::size_t i = 0; i < places.size(); ++i) {
    const NodePlace& place = places[i];
    if (!place.is_found) continue;
    // What lies around the finding, or inside it, would underline the same text again.
    const bool is_around = is_at_or_above(place.pointer, finding.path) || is_at_or_above(finding.path, place.pointer);
    if (is_around && kept[i]->kind != Note::Kind::Element) continue;
    std::string label;
    // Nearly every rule asks for the kind: that goes without saying.
    const bool is_plain = place.pointer == "/kind" || place.pointer == "/apiVersion";
    if (!is_around && !is_plain && kept[i]->kind == Note::Kind::Test) label = "together with this";
    if (!kept[i]->missing.empty()) label = fmt::format("and `{}` is missing here", kept[i]->missing);
    finding.related.push_back({location_of(document, place.whole, Precision::Exact), place.pointer, std::move(label)});
  }
}

// The container's name, or where it has none its beginning: shown above the field that is wrong.
void add_container(const Document& document, const ContainerPlace& container, Finding& finding) {
  const PathTarget name = find_path(document.root(), container.pointer + "/name");
  const NodePlace place = locate(document, name.origin);
  if (!place.is_found) return;
  const TextRange& range = name.is_exact ? place.value : place.whole;
  if (range.begin.line == finding.location.line) return;
  finding.related.push_back({location_of(document, range, Precision::Exact), place.pointer, "this container"});
}

}  // namespace

void locate_object(const Document& document, Finding& finding) {
  for (std::string_view pointer : {"/metadata/name", "/metadata/generateName", "/kind", ""}) {
    const PathTarget found = find_path(document.root(), pointer);
    if (!found.is_exact) continue;
    const NodePlace place = locate(document, found.origin);
    if (!place.is_found) continue;
    finding.location = location_of(document, place.whole, Precision::Object);
    finding.path = {};
    return;
  }
  finding.location = location_of_file(document);
}

void locate_finding(const Document& document, const ObjectFacts& facts, const Element& element, std::span<const Note> notes, Finding& finding) {
  const Target target = choose(document, facts, element, notes);
  const NodePlace place = target.origin == 0 ? NodePlace{} : locate(document, target.origin);
  finding.container = element.container;
  if (!place.is_found || place.pointer.empty()) {
    // The whole object would be underlined: its name is what people look for.
    locate_object(document, finding);
    finding.missing = target.missing;
    if (place.is_found && !target.missing.empty()) finding.location.precision = Precision::Parent;
    return;
  }
  finding.path = place.pointer;
  finding.missing = target.missing;
  finding.location = location_of(document, place.whole, target.precision);
  if (target.precision == Precision::Exact) {
    if (const Value* value = value_at(document.root(), place.pointer); value != nullptr) {
      std::string json = to_json(*value);
      if (json.size() <= kLongestValue) finding.value_json = std::move(json);
    }
  }
  const ContainerPlace* container = container_of(facts, place.pointer);
  if (container != nullptr) {
    if (finding.container.empty()) finding.container = container->name;
    add_container(document, *container, finding);
  }
  add_related(document, notes, target.origin, finding);
}

}  // namespace psdl
