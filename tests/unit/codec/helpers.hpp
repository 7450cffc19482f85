// What the codec's tests share. In: a text; out: what the stream makes of it, as text that a test can compare.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/positions.hpp"
#include "codec/reader.hpp"
#include "codec/stream.hpp"
#include "value/text.hpp"

namespace psdl::test {

// Gives the bytes in pieces of `piece` bytes, as a slow pipe does.
class PieceInput final : public ByteInput {
 public:
  PieceInput(std::string_view text, std::size_t piece) : rest_(text), piece_(piece) {}
  std::ptrdiff_t read(char* bytes, std::size_t size) override {
    const std::size_t taken = rest_.copy(bytes, size < piece_ ? size : piece_);
    rest_.remove_prefix(taken);
    return static_cast<std::ptrdiff_t>(taken);
  }

 private:
  std::string_view rest_;
  std::size_t piece_;
};

struct Outcome {
  std::vector<std::string> names;
  std::vector<std::string> values;  // JSON of each document and item
  std::vector<ReadError> errors;
  std::uint64_t objects = 0;

  // The codes of the errors, joined; "" where all is well.
  [[nodiscard]] std::string codes() const {
    std::string out;
    for (const ReadError& error : errors) out += (out.empty() ? "" : " ") + error.code;
    return out;
  }
  // "line:column" of the first error, and of its first note behind a comma.
  [[nodiscard]] std::string at() const {
    if (errors.empty()) return {};
    const auto show = [](const TextRange& range) {
      return std::to_string(range.begin.line) + ":" + std::to_string(range.begin.column);
    };
    std::string out = show(errors[0].range);
    if (!errors[0].notes.empty()) out += "," + show(errors[0].notes[0].range);
    return out;
  }
  [[nodiscard]] std::string value() const {
    return values.size() == 1 && errors.empty() ? values[0] : "?" + std::to_string(values.size()) + codes();
  }
};

inline Outcome read_stream(std::string_view text, std::string name = "pod.yaml", std::size_t piece = SIZE_MAX,
                           Limits limits = {}) {
  StreamOptions options;
  options.name = std::move(name);
  options.limits = limits;
  PieceInput input(text, piece);
  DocumentStream stream(input, options);
  Outcome outcome;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.document != nullptr) {
      outcome.names.push_back(step.document->name(stream.has_several()));
      outcome.values.push_back(to_json(step.document->root()));
    } else if (step.error != nullptr) {
      outcome.errors.push_back(*step.error);
    } else {
      break;
    }
  }
  outcome.objects = stream.object_count();
  return outcome;
}

// The value, or "!code".
inline std::string read_as(std::string_view text, Format format, const ReadRules& rules = ReadRules::kubernetes(),
                           const Limits& limits = {}) {
  Reader reader;
  Arena arena;
  ReadOptions options;
  options.rules = rules;
  options.limits = &limits;
  const Result<Document, ReadError> document = reader.read(arena, text, format, options);
  return document ? to_json(document->root()) : "!" + document.error().code;
}
inline std::string yaml(std::string_view text) {
  return read_as(text, Format::Yaml);
}
inline std::string json(std::string_view text) {
  return read_as(text, Format::Json);
}
inline std::string opa_yaml(std::string_view text) {
  return read_as(text, Format::Yaml, ReadRules::opa());
}
inline std::string opa_json(std::string_view text) {
  return read_as(text, Format::Json, ReadRules::opa());
}

}  // namespace psdl::test
