// In: any bytes. Out: nothing, but no crash: streams, both readers, both rules and the second look must hold together.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc tests/fuzz/read_documents.cpp
//     src/{base,value,codec}/*.cpp
//         -DPSDL_SIMDJSON_SONAME='"libsimdjson.so.14"' -lfmt -lyaml -lxxhash
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "codec/positions.hpp"
#include "codec/reader.hpp"
#include "codec/stream.hpp"

using namespace psdl;

namespace {

// Every node has a place within the text, and its pointer leads back to it.
void check_places(const Document& document) {
  if (document.node_count() > 2000) return;
  std::vector<std::uint32_t> origins(document.node_count());
  for (std::uint32_t i = 0; i < document.node_count(); ++i) origins[i] = document.first_origin() + i;
  for (const NodePlace& place : locate(document, origins)) {
    if (!place.is_found) continue;
    PSDL_ASSERT(place.whole.begin.offset <= place.whole.end.offset);
    PSDL_ASSERT(document.place().gap_at != SIZE_MAX ||
                place.whole.end.offset <= document.place().offset + document.text().size());
    (void)line_of(document, place.whole.begin.offset);
    const PathTarget target = find_path(document.root(), place.pointer);
    PSDL_ASSERT(!target.is_exact || document.rules().duplicate_keys == DuplicateKeys::LastWins || document.is_item() ||
                target.origin == place.origin);
  }
}

// item_wise: lists of more bytes are read in pieces.
void read_stream(std::string_view text, std::string name, std::size_t item_wise) {
  StreamOptions options;
  options.name = std::move(name);
  options.item_wise_bytes = item_wise;
  options.whole_bytes = item_wise;
  MemoryInput input(text);
  DocumentStream stream(input, options);
  for (std::size_t steps = 0;; ++steps) {
    PSDL_ASSERT(steps <= 2 * text.size() + 2);
    const DocumentStream::Step step = stream.next();
    if (step.document != nullptr) {
      check_places(*step.document);
      (void)stream.has_several();
    } else if (step.error != nullptr) {
      PSDL_ASSERT(!step.error->code.empty() && !step.error->message.empty());
    } else {
      return;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static Reader reader;
  static Arena left;
  static Arena right;
  left.reset();
  right.reset();
  const auto as_json = reader.read(left, text, Format::Json, {});
  const auto as_yaml = reader.read(right, text, Format::Yaml, {});
  if (as_json) check_places(*as_json);
  if (as_yaml) check_places(*as_yaml);
  if (as_json && as_yaml) PSDL_ASSERT(equal(as_json->root(), as_yaml->root()));
  ReadOptions opa;
  opa.rules = ReadRules::opa();
  left.reset();
  const auto data_document = read_data(reader, left, text, opa);
  if (data_document) check_places(*data_document);
  left.reset();
  (void)read_value_yaml(left, text, ReadRules::gator_test(), {});
  const bool is_json = read_value_json(left, text, ReadRules::opa(), {}).has_value();
  PSDL_ASSERT(is_json == is_valid_json(text, {}));
  for (const std::size_t item_wise : {SIZE_MAX, std::size_t{0}}) {
    read_stream(text, "x.json", item_wise);
    read_stream(text, "x.yaml", item_wise);
  }
  return 0;
}
