// From what the tracing twin noted to places in the manifest. In: notes of one yield, a document; out: where the finding stands and what belongs to it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.hpp"
#include "codec/positions.hpp"
#include "psdl/findings.hpp"
#include "runtime/elements.hpp"
#include "runtime/findings.hpp"
#include "runtime/spare.hpp"
#include "vm/machine.hpp"

namespace psdl {

// What locators of one document after another use again.
struct LocatorMemory {
  std::vector<std::uint32_t> wanted;
  std::vector<NodePlace> places;  // of `wanted`, once it is sorted and located
  PlaceMemory look;
  std::vector<const ContainerPlace*> by_pointer;
  std::vector<const ContainerPlace*> by_name;
  std::string pointer;
  std::string missing;
  SpareFindings spare;
};

// Finds places in one document for any number of findings. All are asked for first, so that the text is looked through
// once.
class Locator {
 public:
  Locator(const Document& document, const ObjectFacts& facts, LocatorMemory& memory);

  // Remembers the nodes that locate() will ask for with the same arguments.
  void want(const Element& element, std::span<const Note> notes);
  // Fills location, path, missing, value_json, container and related of the finding, which has none of them yet.
  //
  // The rule's own `path` counts first; else the node read last by the last test that held, or the place where the last
  // read inside `not` ended; else the last element a generator stood at; else the container that the rule named; else
  // the object.
  void locate(const Element& element, std::span<const Note> notes, Finding& finding);

 private:
  struct Target {
    std::uint32_t origin = 0;
    std::string_view missing;
    Precision precision = Precision::Object;
  };

  // Good until another one is asked for.
  [[nodiscard]] const NodePlace& place(std::uint32_t origin);
  [[nodiscard]] Target choose(const Element& element, std::span<const Note> notes);
  void stand_at_object(Finding& finding);
  void show_value(Finding& finding) const;
  void add_related(std::span<const Note> notes, std::uint32_t primary, Finding& finding);
  void add_container(const ContainerPlace& container, Finding& finding);
  [[nodiscard]] RelatedPlace& add_place(const NodePlace& at, const TextRange& range, Finding& finding);
  void put_location(const TextRange& range, Precision precision, Location& location) const;
  [[nodiscard]] std::string_view name_pointer(const ContainerPlace& container);
  [[nodiscard]] const ContainerPlace* container_of(std::string_view pointer) const;
  [[nodiscard]] const ContainerPlace* container_named(std::string_view name) const;

  const Document& document_;
  const ObjectFacts& facts_;
  LocatorMemory& memory_;
  bool is_located_ = false;
};

}  // namespace psdl
