// Lists read whole and in pieces. In: random small lists, well and not; out: the two readings agree in documents, names, values,
// places and errors.
#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <string>
#include <string_view>
#include <vector>

#include "codec/positions.hpp"
#include "codec/stream.hpp"
#include "value/text.hpp"

using namespace psdl;

namespace {

// Bytes in small pieces, from a stream that can go back in it, or cannot.
class SmallInput final : public ByteInput {
 public:
  SmallInput(std::string_view text, std::size_t piece, bool can_go_back) : text_(text), piece_(piece), can_go_back_(can_go_back) {}
  std::ptrdiff_t read(char* bytes, std::size_t size) override {
    const std::size_t taken = text_.substr(at_).copy(bytes, std::min(size, piece_));
    at_ += taken;
    return static_cast<std::ptrdiff_t>(taken);
  }
  bool keep(std::uint64_t, std::string_view) override { return can_go_back_; }
  bool go_back(std::uint64_t offset) override {
    at_ = static_cast<std::size_t>(offset);
    return true;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t piece_;
  bool can_go_back_;
};

std::string show(const TextPoint& point) { return std::to_string(point.offset) + "=" + std::to_string(point.line) + ":" + std::to_string(point.column); }

void collect_origins(const Value& value, std::vector<std::uint32_t>& origins) {
  origins.push_back(value.origin());
  if (value.is_array()) {
    for (const Value& item : value.as_array()) collect_origins(item, origins);
  }
  if (value.is_object()) {
    for (const Value& member : value.as_object().values()) collect_origins(member, origins);
  }
}

void append_places(std::string& out, const Document& document, const Value& value) {
  std::vector<std::uint32_t> origins;
  collect_origins(value, origins);
  for (const NodePlace& place : locate(document, origins)) {
    out += "\n  " + place.pointer + " " + show(place.whole.begin) + ".." + show(place.whole.end);
  }
}

// One line a document with the lines of its nodes, or the error. A list is shown without its items.
std::vector<std::string> steps(std::string_view text, std::string_view name, std::size_t item_wise, std::size_t whole, bool can_go_back, bool& was_refused) {
  StreamOptions options;
  options.name = name;
  options.item_wise_bytes = item_wise;
  options.whole_bytes = whole;
  SmallInput input(text, 7, can_go_back);
  DocumentStream stream(input, options);
  std::vector<std::string> out;
  was_refused = false;
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.error != nullptr) {
      was_refused = true;
      std::string line = step.error->one_line() + " " + show(step.error->range.begin);
      // A JSON list of one line shows what is left of it.
      if (text.find("items:") != std::string_view::npos) line += " `" + step.error->line_text + "`";
      for (const ReadNote& note : step.error->notes) line += "; " + note.text + " " + show(note.range.begin);
      out.push_back(line);
    } else if (step.document != nullptr) {
      const Document& document = *step.document;
      std::string line = document.name(stream.has_several()) + (document.is_list() ? " list" : "");
      if (document.is_list()) {
        const Object& object = document.root().as_object();
        for (std::uint32_t i = 0; i < object.size(); ++i) {
          const std::string_view key = object.keys()[i].as_string();
          line += " " + std::string(key);
          if (key == "items") continue;
          line += "=" + to_json(object.values()[i]);
          append_places(line, document, object.values()[i]);
        }
      } else {
        line += " " + to_json(document.root());
        append_places(line, document, document.root());
      }
      out.push_back(line);
    } else {
      return out;
    }
  }
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

void check_same(std::string_view text, std::string_view name) {
  constexpr std::size_t kLarge = 1U << 20;
  bool was_refused = false;
  const std::string whole = joined(steps(text, name, SIZE_MAX, kLarge, false, was_refused));
  for (const bool can_go_back : {false, true}) {
    // What is not well, or is laid out otherwise, is read whole: everything agrees.
    const std::string pieces = joined(steps(text, name, 0, kLarge, can_go_back, was_refused));
    if (pieces != whole) RC_FAIL(std::string(text) + "\n--- whole:\n" + whole + "--- in pieces:\n" + pieces);
    // Without that way out a list may be refused, but never read otherwise.
    const std::string alone = joined(steps(text, name, 0, 0, can_go_back, was_refused));
    if (!was_refused && alone != whole) RC_FAIL(std::string(text) + "\n--- whole:\n" + whole + "--- in pieces alone:\n" + alone);
  }
}

std::string any_of(const std::vector<std::string>& choices) { return *rc::gen::elementOf(choices); }

// The lines of a block item behind its `- `, not indented yet. Every second one is a plain pod; errors are rare.
std::string any_yaml_item() {
  static const std::vector<std::string> good = {
      "kind: Pod\nmetadata: {name: a}\n",
      "kind: Pod\n# a comment\n\nspec:\n  containers:\n  - name: c\n  - name: d\n",
      "kind: Pod\nspec: \"two\n\n  - lines\"\n",
      "kind: Pod\nspec: 'x\n- y\n- kind: no'\n",
      "kind: Pod\ntext: |\n  - a\n   b\n\n",
      "kind: Pod\ntext: >+\n  folded\n  on\n\n\n",
      "{kind: Pod, a: [1,\n 2]}\n",
      "&a\nkind: Pod\nb: *b\n",
      "kind: Pod\nb: &b {x: 1}\nc: *b\n",
      "<<: {hostIPC: true}\nkind: Pod\n",
      "kind: List\nitems:\n- kind: Pod\n- {kind: Pod, h\xC3\xA9: \"\xE2\x82\xAC\"}\n",
      "kind: List\nitems: []\n",
      "\n  kind: Pod\n",
      "# said first\n  kind: Pod\n",
      "metadata: {name: none}\n",
      "!!map\nkind: Pod\n"};
  static const std::vector<std::string> bad = {"text\n", "7\n", "\n", "kind: Pod\nkind: Pod\n", "kind: [\n", "kind: \"open\n", "a: b: c\n", "kind: *nowhere\n", "x: {{ .Values.a }}\n",
                                               "kind: Pod\n...\n", "- a\n- b\n", "kind: Pod\n bad: 1\n", "a: \x01\n", "Kind: Pod\n", "a: .inf\n"};
  const int chance = *rc::gen::inRange(0, 24);
  return chance == 0 ? any_of(bad) : chance < 12 ? good[0] : any_of(good);
}

std::string indented(std::string_view text, std::size_t indent) {
  std::string out;
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n') + 1, text.size());
    // Lines that begin with `-` inside quotes keep their margin.
    const bool keeps = text.starts_with("- y") || text.starts_with("- kind: no") || text.starts_with("...");
    if (!is_first && end > 1 && !keeps) out += std::string(indent, ' ');
    out += text.substr(0, end);
    text.remove_prefix(end);
    is_first = false;
  }
  return out;
}

std::string any_yaml_list() {
  std::string text = any_of({"", "---\n", "# head\n", "a: 1\n---\n"});
  text += any_of({"apiVersion: v1\n", "apiVersion: v1\nkind: PodList\n", "kind: List\n", "b: &b {z: 1}\n", "kind: List\nmetadata:\n  x: 'q\n    r'\n", "kind: ConfigMap\nitem: 1\n", ""});
  text += any_of({"items:\n", "items:\n", "items: # here\n", "items:\n\n  # first\n", "\"items\":\n", "items: &l\n", "items: []\n", "s: \"\nitems:\n"});
  const auto indent = static_cast<std::size_t>(*rc::gen::element(0, 0, 0, 2, 1, 4));
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    if (*rc::gen::inRange(0, 8) == 0) text += any_of({"\n", "# between\n", "    # deep\n"});
    text += std::string(indent, ' ') + "- " + indented(any_yaml_item(), indent + 2);
  }
  text += any_of({"kind: List\nmetadata:\n  resourceVersion: \"\"\n", "kind: List\n", "", "", "metadata: {}\n", "items:\n- kind: Pod\n", "kind: *b\n", "kind: PodList\napiVersion: v1\n", " x: 1\n", "...\n",
                  "kind: Podlist\nkind: b\n", "Items: 1\n", "kind: \"open\n", "metadata:\n- a\n- b\n"});
  text += any_of({"", "", "---\nkind: Pod\n", "---\n", "\n\n# end\n"});
  return text;
}

std::string any_json_list() {
  static const std::vector<std::string> good = {R"({"kind":"Pod","metadata":{"name":"a"}})", R"({ "kind" : "Pod", "s": "]}\"{,[" })", "{\n  \"kind\": \"Pod\",\n  \"n\": [1, 2.5e3, -0]\n}",
                                                R"({"kind":"List","items":[{"kind":"Pod"},{"kind":"Pod"}]})", R"({"metadata":{"name":"no kind"}})", "{\"kind\":\"Pod\",\"h\xC3\xA9\":\"\xE2\x82\xAC\"}", "{}"};
  static const std::vector<std::string> bad = {"7", "null", "\"x\"", "[1]", "{\"a\":1,\"a\":2}", "{\"a\":}", "{\"a\":1]", "{", "", "tru", "{\"a\":\"\x01\"}", "{\"a\":01}", "{\"a\":1} {}", "{\"a\":\"\\ud800\"}", "\xEF\xBB\xBF{}"};
  std::string text = any_of({"", "{\"a\":1}\n", "\n"});
  text += "{" + any_of({"", "\"apiVersion\": \"v1\",", "\"kind\":\"PodList\",\"apiVersion\":\"v1\",\n", "\"metadata\":{\"x\":[\"a\",\"]\"]},", "\"kind\":\"List\",", "\"kind\" \"List\",", "\"k\\\"\":1,"});
  text += any_of({"\"items\":[", "\"items\": [\n    ", "\"items\" : [ ", "\"\\u0069tems\":["});
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    if (i > 0) text += any_of({",", ", ", ",\n    ", " ,"});
    const int chance = *rc::gen::inRange(0, 24);
    text += chance == 0 ? any_of(bad) : chance < 10 ? good[0] : any_of(good);
  }
  text += any_of({"]", "]", "\n]", " ] ", ",]", ""});
  text += any_of({"}", ",\"kind\":\"List\"}", ",\n\"kind\": \"List\",\n\"metadata\": {\"r\":\"\"}\n}\n", ",\"items\":[{}]}", ",\"kind\":1,\"kind\":2}", "", "}}", ",}", ",\"Items\":[]}"});
  text += any_of({"", "\n", "\n{\"kind\":\"Pod\"}", "\n---\n{\"kind\":\"Pod\"}\n", " x"});
  return text;
}

}  // namespace

TEST_CASE("a list read in pieces is the list read whole: YAML") {
  CHECK(rc::check("YAML", [] { check_same(any_yaml_list(), "list.yaml"); }));
}

TEST_CASE("a list read in pieces is the list read whole: JSON") {
  CHECK(rc::check("JSON", [] {
    const std::string text = any_json_list();
    check_same(text, "list.json");
    check_same(text, "list.yaml");
  }));
}
