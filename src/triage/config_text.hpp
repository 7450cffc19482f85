// A configuration file as values with places. In: YAML; out: maps and lists that are walked with an error for
// everything that is not expected.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.hpp"
#include "codec/reader.hpp"
#include "psdl/triage.hpp"

namespace psdl::triage {

// Reads one document by the rules of manifests: duplicate keys are errors. Problems go to the list it was made with.
class ConfigText {
 public:
  ConfigText(std::string_view file, std::string_view text, DiagnosticList& problems);

  // False where the text is no document (told). An empty one is null.
  [[nodiscard]] bool is_read() const { return is_read_; }
  [[nodiscard]] const Value& root() const { return document_.root(); }
  [[nodiscard]] std::string_view file() const { return file_; }

  [[nodiscard]] Place place_of(const Value& value) const;
  // An object's keys carry the origin of the value below, so this is the place of a field with its key.
  [[nodiscard]] Place place_of_field(const Value& value) const;

  void error(std::string_view code, std::string_view message, const Value& at, std::string_view help = {});
  // An error for each key that is not among `known`, with the likely spelling. False where there is one.
  bool check_keys(const Object& object, std::span<const std::string_view> known, std::string_view what);
  // The text of a scalar, numbers and booleans as they are written; nothing, with an error, for anything else. `what`
  // is the key's name.
  [[nodiscard]] std::optional<Written> scalar(const Value& value, std::string_view what);
  // A list's scalars, or one scalar alone.
  [[nodiscard]] std::optional<std::vector<Written>> scalars(const Value& value, std::string_view what);
  [[nodiscard]] const Object* object(const Value& value, std::string_view what);
  // The names of `parameters`, a map of maps.
  [[nodiscard]] std::vector<ParameterSetting> parameters(const Object& object);

 private:
  [[nodiscard]] Place place(const TextRange& range) const;

  std::string file_;
  DiagnosticList& problems_;
  Reader reader_;
  Document document_;
  bool is_read_ = false;
};

// The word of `words` that is near enough to be meant; empty where none is.
[[nodiscard]] std::string_view likely(std::string_view word, std::span<const std::string_view> words);
// ``; did you mean `x`?`` or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view likely_word);

}  // namespace psdl::triage
