// Places inside texts. In: scalars.yaml; out: every word is found where it was written, every named offset at its line
// and column.
#include <fmt/format.h>

#include <charconv>

#include "cases.hpp"
#include "codec/positions.hpp"
#include "gatekeeper/scalar_place.hpp"
#include "value/number.hpp"

using namespace psdl;
using namespace psdl::gatekeeper;
using namespace psdl::gatekeeper::test;

namespace {

std::string with_crlf(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

std::string shown(const TextPoint& point) {
  return fmt::format("{}:{}", point.line, point.column);
}

void check_words(const ScalarPlace& place, std::string_view decoded, std::string_view written) {
  for (std::size_t at = 0; at < decoded.size();) {
    const std::size_t end = std::min(decoded.find_first_of(" \n\t", at), decoded.size());
    const std::string_view word = decoded.substr(at, end - at);
    if (!word.empty() && static_cast<unsigned char>(word[0]) < 0x80) {
      CAPTURE(word);
      CHECK(place.at(at).offset == written.find(word));
    }
    at = end + 1;
  }
}

}  // namespace

TEST_CASE("places in scalars") {
  const CaseFile file("scalars.yaml");
  for (const Value& test : file.cases()) {
    CAPTURE(text_of(test, "note"));
    const std::string text = is_set(test, "crlf") ? with_crlf(text_of(test, "text")) : text_of(test, "text");
    Reader reader;
    ReadOptions options;
    options.rules = ReadRules::gator_verify();
    const Result<Document, ReadError> document =
        reader.read(text, is_set(test, "json") ? Format::Json : Format::Yaml, options);
    REQUIRE(document.has_value());
    const std::string path = text_of(test, "path").empty() ? "/v" : text_of(test, "path");
    const PathTarget target = psdl::find_path(document->root(), path);
    REQUIRE(target.is_exact);
    const Value* value = &document->root();
    for (std::size_t at = 0; at < path.size();) {
      const std::size_t end = std::min(path.find('/', at + 1), path.size());
      const std::string step = path.substr(at + 1, end - at - 1);
      value = value->is_array() ? &value->as_array()[static_cast<std::size_t>(std::stoi(step))]
                                : value->as_object().find_text(step);
      at = end;
    }
    REQUIRE(value->is_string());
    const ScalarPlace place(*document, target.origin, value->as_string());
    CHECK(place.is_exact());
    if (!is_set(test, "inexact") && !is_set(test, "json") && text.find('\\') == std::string::npos)
      check_words(place, value->as_string(), text);
    const Value* at = member(test, "at");
    if (at == nullptr) continue;
    for (std::uint32_t i = 0; i < at->as_object().size(); ++i) {
      const std::string_view key = at->as_object().keys()[i].as_string();
      std::size_t offset = 0;
      std::from_chars(key.data(), key.data() + key.size(), offset);
      CAPTURE(offset);
      CHECK(shown(place.at(offset)) == at->as_object().values()[i].as_string());
    }
  }
}
