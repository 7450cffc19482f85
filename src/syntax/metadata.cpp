// Metadata comments. In: `# METADATA` and the comment lines below it; out: annotations on the package and the rules, or what is wrong with them.
//
// A block is YAML (libyaml's events, resolved here as OPA's YAML reader resolves them) that is read into fixed fields. Messages are those
// of OPA and of its YAML library.
#include <yaml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <string>

#include "syntax/assemble.hpp"
#include "syntax/parse.hpp"
#include "syntax/print.hpp"
#include "syntax/text.hpp"

namespace psdl::parsing {
namespace {

constexpr std::string_view kParseError = "rego_parse_error";
constexpr std::uint32_t kMaxDepth = 64;      // of YAML nodes inside each other
constexpr std::uint32_t kMaxNodes = 20'000;  // aliases expanded

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// ---- YAML as a tree

struct Yaml {
  enum class Kind { Scalar, Sequence, Mapping } kind = Kind::Scalar;
  std::string text;   // of a scalar
  bool plain = true;  // written without quotes
  std::string tag;
  std::uint32_t line = 1;
  std::vector<Yaml*> items;  // of a mapping: key, value, key, value, ..
};

class YamlReader {
 public:
  explicit YamlReader(std::string_view text) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;
  ~YamlReader() { yaml_parser_delete(&parser_); }

  // The first document's root; null where the text is empty or wrong (then `fault()` says why).
  Yaml* read() {
    for (;;) {
      const Event event = next();
      if (failed_ || event.type == YAML_STREAM_END_EVENT) return nullptr;
      if (event.type != YAML_DOCUMENT_START_EVENT) continue;
      Yaml* root = node(next(), 0);
      static_cast<void>(next());  // what is wrong behind the root is found here
      return failed_ ? nullptr : root;
    }
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  struct Event {
    yaml_event_type_t type = YAML_NO_EVENT;
    std::string text, tag, anchor;
    bool plain = false;
    std::uint32_t line = 1;
  };

  Event next() {
    yaml_event_t event;
    if (failed_ || yaml_parser_parse(&parser_, &event) == 0) {
      fail();
      return {};
    }
    Event made;
    made.type = event.type;
    made.line = static_cast<std::uint32_t>(event.start_mark.line) + 1;
    const auto take = [](const yaml_char_t* characters) { return characters == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(characters)); };
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        made.text.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
        made.plain = event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        made.anchor = take(event.data.scalar.anchor);
        made.tag = take(event.data.scalar.tag);
        break;
      case YAML_SEQUENCE_START_EVENT: made.anchor = take(event.data.sequence_start.anchor); break;
      case YAML_MAPPING_START_EVENT: made.anchor = take(event.data.mapping_start.anchor); break;
      case YAML_ALIAS_EVENT: made.anchor = take(event.data.alias.anchor); break;
      default: break;
    }
    yaml_event_delete(&event);
    return made;
  }

  // The library's words and lines, as OPA's YAML library composes them.
  void fail() {
    if (failed_) return;
    failed_ = true;
    std::size_t line = parser_.context_mark.line != 0 ? parser_.context_mark.line : parser_.problem_mark.line;
    if (line != 0 && parser_.error == YAML_SCANNER_ERROR) ++line;
    fault_ = "yaml: ";
    if (line != 0) fault_ += "line " + std::to_string(line) + ": ";
    fault_ += parser_.problem != nullptr ? parser_.problem : "unknown problem parsing YAML content";
  }
  void refuse(std::string message) {
    if (!failed_) fault_ = "yaml: " + std::move(message);
    failed_ = true;
  }

  Yaml* node(const Event& event, std::uint32_t depth) {
    if (failed_) return nullptr;
    if (depth > kMaxDepth || nodes_.size() > kMaxNodes) {
      refuse("metadata is too large");
      return nullptr;
    }
    if (event.type == YAML_ALIAS_EVENT) {
      const auto known = anchors_.find(event.anchor);
      if (known == anchors_.end()) {
        refuse("unknown anchor '" + event.anchor + "' referenced");
        return nullptr;
      }
      return known->second;
    }
    Yaml* made = nodes_.emplace_back(std::make_unique<Yaml>()).get();
    made->line = event.line;
    if (event.type == YAML_SCALAR_EVENT) {
      made->text = event.text;
      made->plain = event.plain;
      made->tag = event.tag;
    } else {
      const bool is_mapping = event.type == YAML_MAPPING_START_EVENT;
      made->kind = is_mapping ? Yaml::Kind::Mapping : Yaml::Kind::Sequence;
      for (;;) {
        const Event inner = next();
        if (failed_ || inner.type == YAML_SEQUENCE_END_EVENT || inner.type == YAML_MAPPING_END_EVENT) break;
        made->items.push_back(node(inner, depth + 1));
      }
    }
    // After its inside: an alias to itself is unknown, so trees are finite.
    if (!event.anchor.empty()) anchors_[event.anchor] = made;
    return failed_ ? nullptr : made;
  }

  yaml_parser_t parser_{};
  bool failed_ = false;
  std::string fault_;
  std::vector<std::unique_ptr<Yaml>> nodes_;
  std::map<std::string, Yaml*> anchors_;
};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_null(const Yaml& node) {
  return node.kind == Yaml::Kind::Scalar && node.plain && is_one_of(node.text, {"", "~", "null", "Null", "NULL"});
}

// A number of YAML as JSON writes it; empty where the text is none.
std::string as_number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '_') digits += c;
  }
  std::string_view rest = digits;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return {};
  int base = 10;
  if (rest.starts_with("0x") || rest.starts_with("0X")) base = 16;
  if (rest.starts_with("0o")) base = 8;
  if (rest.starts_with("0b")) base = 2;
  std::string_view body = base == 10 ? rest : rest.substr(2);
  if (base == 10 && rest.size() > 1 && rest[0] == '0' && rest.find_first_not_of("01234567") == std::string_view::npos) base = 8;
  unsigned long long whole = 0;
  const auto read = std::from_chars(body.data(), body.data() + body.size(), whole, base);
  if (!body.empty() && read.ec == std::errc() && read.ptr == body.data() + body.size()) return (negative && whole != 0 ? "-" : "") + std::to_string(whole);
  // digits, a point, an exponent
  if (rest.find_first_not_of("0123456789.eE+-") != std::string_view::npos || !((rest[0] >= '0' && rest[0] <= '9') || rest[0] == '.')) return {};
  double value = 0;
  const auto real = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (real.ec != std::errc() || real.ptr != rest.data() + rest.size()) return {};
  if (negative) value = -value;
  std::array<char, 400> out{};
  const double size = value < 0 ? -value : value;
  const auto format = value != 0 && (size < 1e-6 || size >= 1e21) ? std::chars_format::scientific : std::chars_format::fixed;
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value, format).ptr;
  return {out.data(), end};
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  }
  return true;
}

std::string_view tag_of(const Yaml& node) {
  if (node.kind == Yaml::Kind::Sequence) return "!!seq";
  if (node.kind == Yaml::Kind::Mapping) return "!!map";
  if (!node.plain) return "!!str";
  if (is_null(node)) return "!!null";
  if (is_one_of(node.text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return "!!bool";
  const std::string number = as_number(node.text);
  if (number.empty()) return is_date(node.text) ? "!!timestamp" : "!!str";
  return node.text.find_first_of(".eE") != std::string::npos && !node.text.starts_with("0x") ? "!!float" : "!!int";
}

// ---- one block

class Block {
 public:
  Block(ast::Module& module, const CommentText& head) : nodes_(module.nodes), head_(head), at_(head.span) {}

  void append(const CommentText& comment) {
    std::string_view line = comment.text;
    if (line.starts_with(' ')) line.remove_prefix(1);
    text_ += line;
    text_ += '\n';
    lines_.push_back(&comment);
  }

  // The annotations; null where `fault()` says what is wrong, at `at()`.
  ast::Annotations* read(const text::Lines& rows) {
    if (trimmed(text_).empty()) {
      fault_ = "expected METADATA block, found whitespace";
      return nullptr;
    }
    YamlReader reader(text_);
    const Yaml* root = reader.read();
    ast::Annotations* made = nodes_.annotations(head_.span);
    if (!reader.fault().empty()) {
      fault_ = reader.fault();
    } else if (root != nullptr && !is_null(*root)) {
      fields(*root, *made);
      if (!type_faults_.empty()) {
        fault_ = "yaml: unmarshal errors:";
        for (const std::string& one : type_faults_) fault_ += "\n  " + one;
      }
    }
    if (!fault_.empty()) {
      if (fault_.starts_with("yaml:")) place_yaml_fault(rows);
      return nullptr;
    }
    if (!lines_.empty()) made->end_span = lines_.back()->span;
    return made;
  }
  [[nodiscard]] const std::string& fault() const { return fault_; }
  [[nodiscard]] Span at() const { return at_; }

 private:
  // The comment that the message's line names, and hints at characters that only look like blanks.
  void place_yaml_fault(const text::Lines& rows) {
    std::string_view rest = std::string_view(fault_).substr(5);
    if (rest.starts_with(" unmarshal errors:")) {
      rest.remove_prefix(18);
      rest = trimmed(rest);
    } else {
      rest.remove_prefix(1);
    }
    std::size_t line = 0;
    bool named = false;
    if (rest.starts_with("line ")) {
      const auto read = std::from_chars(rest.data() + 5, rest.data() + rest.size(), line);
      named = read.ec == std::errc() && *read.ptr == ':';
    }
    if (!lines_.empty()) at_ = named ? lines_[std::min(line, lines_.size() - 1)]->span : lines_.front()->span;
    for (const CommentText* comment : lines_) hint_at_blanks(*comment, rows);
  }

  void hint_at_blanks(const CommentText& comment, const text::Lines& rows) {
    const std::size_t colon = comment.text.find(':');
    if (colon == std::string_view::npos) return;
    std::string found;
    for (std::size_t at = colon; at != std::string_view::npos && at + 1 <= comment.text.size(); at = comment.text.find(':', at + 1)) {
      if (at + 1 == comment.text.size()) break;
      char32_t rune = 0xFFFD;
      if (comment.text[at + 1] != ':') rune = text::decode(comment.text, at + 1).rune;
      if (rune == ' ' || rune == '\t') break;
      if (!found.empty()) found += ' ';
      found += quoted(rune);
    }
    if (found.empty()) return;
    fault_ += "\n  Hint: on line " + std::to_string(rows.row(comment.span.begin)) + ", symbol(s) [" + found +
              "] immediately following a key/value separator ':' is not a legal yaml space character";
  }

  static std::string quoted(char32_t rune) {
    static constexpr std::string_view kHex = "0123456789abcdef";
    if (rune >= 0x20 && rune < 0x7F) return "'" + std::string(rune == '\'' || rune == '\\' ? "\\" : "") + static_cast<char>(rune) + "'";
    std::string out = rune < 0x10000 ? "'\\u" : "'\\U";
    for (int shift = rune < 0x10000 ? 12 : 28; shift >= 0; shift -= 4) out += kHex[(rune >> static_cast<unsigned>(shift)) & 15U];
    return out + "'";
  }

  void type_fault(const Yaml& node, std::string_view wanted) {
    const std::string_view tag = tag_of(node);
    std::string message = "line " + std::to_string(node.line) + ": cannot unmarshal " + std::string(tag);
    if (node.kind == Yaml::Kind::Scalar) {
      message += " `" + (node.text.size() > 10 ? node.text.substr(0, 7) + "..." : node.text) + "`";
    }
    type_faults_.push_back(message + " into " + std::string(wanted));
  }

  void fields(const Yaml& root, ast::Annotations& made) {
    if (root.kind != Yaml::Kind::Mapping) {
      type_fault(root, "ast.rawAnnotation");
      return;
    }
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      for (std::size_t j = i + 2; j < root.items.size(); j += 2) {
        if (root.items[i]->text != root.items[j]->text) continue;
        type_faults_.push_back("line " + std::to_string(root.items[j]->line) + ": mapping key \"" + root.items[j]->text + "\" already defined at line " +
                               std::to_string(root.items[i]->line));
      }
    }
    if (!type_faults_.empty()) return;
    // Types first, in the order of the text; then what the values mean, in OPA's order.
    const Yaml *related = nullptr, *compile = nullptr, *schemas = nullptr, *authors = nullptr, *custom = nullptr, *labels = nullptr;
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
      const std::string& key = root.items[i]->text;
      const Yaml& value = *root.items[i + 1];
      if (key == "scope") made.scope_text = text_field(value);
      if (key == "title") made.title = text_field(value);
      if (key == "description") made.description = text_field(value);
      if (key == "entrypoint") made.entrypoint = flag_field(value);
      if (key == "organizations") {
        for (const Yaml* item : list_field(value, "[]string")) made.organizations.push_back(text_field(*item));
      }
      if (key == "related_resources") related = checked(value, Yaml::Kind::Sequence, "[]interface {}");
      if (key == "authors") authors = checked(value, Yaml::Kind::Sequence, "[]interface {}");
      if (key == "schemas") {
        schemas = checked(value, Yaml::Kind::Sequence, "[]map[string]interface {}");
        if (schemas != nullptr) {
          for (const Yaml* item : schemas->items) static_cast<void>(checked(*item, Yaml::Kind::Mapping, "map[string]interface {}"));
        }
      }
      if (key == "compile") compile = checked(value, Yaml::Kind::Mapping, "map[string]interface {}");
      if (key == "custom") custom = checked(value, Yaml::Kind::Mapping, "map[string]interface {}");
      if (key == "labels") labels = checked(value, Yaml::Kind::Mapping, "map[string]interface {}");
    }
    if (!type_faults_.empty()) return;
    if (related != nullptr) read_related(*related, made);
    if (compile != nullptr && fault_.empty()) read_compile(*compile, made);
    if (schemas != nullptr && fault_.empty()) read_schemas(*schemas, made);
    if (authors != nullptr && fault_.empty()) read_authors(*authors, made);
    if (custom != nullptr && fault_.empty()) made.custom = ground(*custom, "");
    if (labels != nullptr && fault_.empty()) made.labels = ground(*labels, "");
  }

  std::string_view text_field(const Yaml& value) {
    if (is_null(value)) return {};
    if (value.kind != Yaml::Kind::Scalar) {
      type_fault(value, "string");
      return {};
    }
    return nodes_.text(value.text);
  }

  bool flag_field(const Yaml& value) {
    if (is_null(value)) return false;
    if (value.kind == Yaml::Kind::Scalar && value.plain) {
      if (is_one_of(value.text, {"true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
      if (is_one_of(value.text, {"false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF"})) return false;
    }
    type_fault(value, "bool");
    return false;
  }

  const Yaml* checked(const Yaml& value, Yaml::Kind kind, std::string_view wanted) {
    if (is_null(value)) return nullptr;
    if (value.kind == kind) return &value;
    type_fault(value, wanted);
    return nullptr;
  }

  std::vector<Yaml*> list_field(const Yaml& value, std::string_view wanted) {
    const Yaml* list = checked(value, Yaml::Kind::Sequence, wanted);
    return list == nullptr ? std::vector<Yaml*>() : list->items;
  }

  static const Yaml* member(const Yaml& mapping, std::string_view key) {
    for (std::size_t i = 0; i + 1 < mapping.items.size(); i += 2) {
      if (mapping.items[i]->text == key) return mapping.items[i + 1];
    }
    return nullptr;
  }
  static std::string_view text_member(const Yaml& mapping, std::string_view key) {
    const Yaml* value = member(mapping, key);
    return value != nullptr && tag_of(*value) == "!!str" ? trimmed(value->text) : std::string_view();
  }

  // A value as Go's %s shows it, which is enough for scalars.
  static std::string shown(const Yaml& value) {
    if (value.kind == Yaml::Kind::Scalar) return value.text;
    std::string out = value.kind == Yaml::Kind::Mapping ? "map[" : "[";
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (i > 0) out += value.kind == Yaml::Kind::Mapping && i % 2 == 1 ? ":" : " ";
      out += shown(*value.items[i]);
    }
    return out + "]";
  }

  void read_related(const Yaml& list, ast::Annotations& made) {
    for (const Yaml* item : list.items) {
      std::string_view ref, description, wrong;
      if (item->kind == Yaml::Kind::Mapping) {
        ref = text_member(*item, "ref");
        description = text_member(*item, "description");
        if (ref.empty()) wrong = "'ref' value required in object";
      } else if (tag_of(*item) == "!!str") {
        ref = item->text;
        if (ref.empty()) wrong = "ref URL may not be empty string";
      } else {
        wrong = "invalid value type, must be string or map";
      }
      if (!wrong.empty()) {
        fault_ = "invalid related-resource definition " + shown(*item) + ": " + std::string(wrong);
        return;
      }
      made.related_resources.push_back({nodes_.text(ref), nodes_.text(description)});
    }
  }

  void read_authors(const Yaml& list, ast::Annotations& made) {
    for (const Yaml* item : list.items) {
      std::string wrong;
      std::string name;
      std::string_view email;
      if (item->kind == Yaml::Kind::Mapping) {
        name = text_member(*item, "name");
        email = text_member(*item, "email");
        if (name.empty() && email.empty()) wrong = "'name' and/or 'email' values required in object";
      } else if (tag_of(*item) == "!!str") {
        std::vector<std::string_view> words;
        for (std::string_view rest = trimmed(item->text); !rest.empty(); rest = trimmed(rest)) {
          const std::size_t size = std::min(rest.find_first_of(" \t\n\r"), rest.size());
          words.push_back(rest.substr(0, size));
          rest.remove_prefix(size);
        }
        if (words.empty()) wrong = "author is an empty string";
        if (!words.empty() && words.back().size() >= 2 && words.back().starts_with('<') && words.back().ends_with('>')) {
          email = words.back().substr(1, words.back().size() - 2);
          words.pop_back();
        }
        for (const std::string_view word : words) name.append(name.empty() ? "" : " ").append(word);
      } else {
        wrong = "invalid value type, must be string or map";
      }
      if (!wrong.empty()) {
        fault_ = "invalid author definition " + shown(*item) + ": " + wrong;
        return;
      }
      made.authors.push_back({nodes_.text(name), nodes_.text(email)});
    }
  }

  // A term written inside the YAML, with the places of the block; null where it is none.
  ast::Term* term_of(std::string_view text) {
    Diagnostics ignored;
    const Limits limits;
    const ParseOptions options;
    const Source source("metadata", std::string(text));
    const auto query = parse_term(source, 0, options, limits, ignored);
    return query == nullptr || query->body[0]->term()->is<ast::Call>() ? nullptr : deep(*query->body[0]->term());
  }

  // A copy in the module's arena, text included: what was parsed here does not outlive the call.
  ast::Term* deep(const ast::Term& term) {
    if (const auto* held = term.as<ast::Var>()) return nodes_.var(held->name, head_.span);
    if (const auto* held = term.as<ast::String>()) return nodes_.string(held->text, head_.span);
    if (const auto* held = term.as<ast::Number>()) return nodes_.number(held->text, head_.span);
    if (const auto* held = term.as<ast::Boolean>()) return nodes_.boolean(held->value, head_.span);
    if (const auto* held = term.as<ast::Ref>()) {
      std::vector<ast::Term*> parts;
      for (const ast::Term* part : *held) parts.push_back(deep(*part));
      return nodes_.ref(parts, head_.span);
    }
    return nodes_.null(head_.span);
  }

  void read_compile(const Yaml& mapping, ast::Annotations& made) {
    made.compile = nodes_.arena().make<ast::CompileAnnotation>();
    made.compile->unknowns.use(nodes_.arena());
    made.compile->mask_rule.use(nodes_.arena());
    if (const Yaml* unknowns = member(mapping, "unknowns"); unknowns != nullptr && unknowns->kind == Yaml::Kind::Sequence) {
      for (const Yaml* item : unknowns->items) {
        if (tag_of(*item) != "!!str") continue;
        ast::Term* term = term_of(item->text);
        if (term == nullptr || !term->is<ast::Ref>()) {
          fault_ = "invalid unknowns element \"" + item->text + "\": failed to parse ref";
          return;
        }
        made.compile->unknowns.push_back(term->as<ast::Ref>());
      }
    }
    if (const Yaml* mask = member(mapping, "mask_rule"); mask != nullptr && tag_of(*mask) == "!!str") {
      ast::Term* term = term_of(mask->text);
      if (term == nullptr) {
        fault_ = "invalid mask_rule annotation \"" + mask->text + "\": failed to parse term";
      } else if (const ast::Ref* ref = term->as<ast::Ref>()) {
        made.compile->mask_rule = *ref;
      } else if (term->is<ast::Var>() || term->is<ast::String>()) {
        made.compile->mask_rule.push_back(term);
      } else {
        fault_ = "invalid mask_rule annotation type \"" + mask->text + "\": string";
      }
    }
  }

  void read_schemas(const Yaml& list, ast::Annotations& made) {
    for (const Yaml* item : list.items) {
      auto* schema = nodes_.arena().make<ast::SchemaAnnotation>();
      schema->path.use(nodes_.arena());
      schema->schema.use(nodes_.arena());
      const std::string key = item->items.size() >= 2 ? item->items[0]->text : "";
      ast::Term* path = term_of(key);
      if (path == nullptr || !path->is<ast::Ref>()) {
        fault_ = "invalid document reference";
        return;
      }
      schema->path = *path->as<ast::Ref>();
      const Yaml& value = *item->items[1];
      if (tag_of(value) == "!!str") {
        ast::Term* ref = term_of(value.text);
        if (ref != nullptr && ast::is_var(ref, "schema")) {
          schema->schema.push_back(ref);
        } else if (ref != nullptr && ref->is<ast::Ref>() && ast::is_var((*ref->as<ast::Ref>())[0], "schema")) {
          schema->schema = *ref->as<ast::Ref>();
        } else {
          fault_ = "invalid schema reference";
          return;
        }
      } else if (value.kind == Yaml::Kind::Mapping) {
        schema->definition = ground(value, "");
        if (!fault_.empty()) {
          fault_ = "invalid schema definition: " + fault_;
          return;
        }
      } else {
        fault_ = "invalid schema declaration for path \"" + key + "\"";
        return;
      }
      made.schemas.push_back(schema);
    }
  }

  // A YAML value as a ground term.
  ast::Term* ground(const Yaml& value, const std::string& path) {
    if (value.kind == Yaml::Kind::Sequence) {
      std::vector<ast::Term*> items;
      for (std::size_t i = 0; i < value.items.size(); ++i) items.push_back(ground(*value.items[i], path + "/" + std::to_string(i)));
      return nodes_.array(items, head_.span);
    }
    if (value.kind == Yaml::Kind::Mapping) {
      std::vector<ast::Pair> pairs;
      for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
        const Yaml& key = *value.items[i];
        if (!path.empty() && tag_of(key) != "!!str") {
          fault_ = "invalid map key type(s): " + path.substr(1);
          return nodes_.null(head_.span);
        }
        pairs.push_back({nodes_.string(key.text, head_.span), ground(*value.items[i + 1], path + "/" + key.text)});
      }
      return nodes_.object(pairs, head_.span);
    }
    const std::string_view tag = tag_of(value);
    if (tag == "!!null") return nodes_.null(head_.span);
    if (tag == "!!bool") return nodes_.boolean(value.text[0] == 't' || value.text[0] == 'T', head_.span);
    if (tag == "!!int" || tag == "!!float") return nodes_.number(as_number(value.text), head_.span);
    if (tag == "!!timestamp") return nodes_.string(value.text + "T00:00:00Z", head_.span);
    return nodes_.string(value.text, head_.span);
  }

  const ast::Nodes& nodes_;
  const CommentText& head_;
  std::string text_;
  std::vector<const CommentText*> lines_;
  std::vector<std::string> type_faults_;
  std::string fault_;
  Span at_;
};

}  // namespace

bool read_metadata(ast::Module& module, const std::vector<CommentText>& comments, std::string_view text, Diagnostics& diagnostics) {
  const text::Lines rows(text);
  const auto opens_block = [&](const CommentText& comment) { return rows.starts_line(comment.span.begin) && trimmed(comment.text).starts_with("METADATA"); };
  bool good = true;
  for (std::size_t i = 0; i < comments.size(); ++i) {
    if (!opens_block(comments[i])) continue;
    Block block(module, comments[i]);
    for (std::size_t j = i + 1; j < comments.size(); ++j) {
      const CommentText& comment = comments[j];
      const bool continues = rows.starts_line(comment.span.begin) && rows.row(comment.span.begin) == rows.row(comments[j - 1].span.begin) + 1;
      if (!continues || opens_block(comment)) break;
      block.append(comment);
    }
    if (ast::Annotations* made = block.read(rows); made != nullptr) {
      module.annotations.push_back(made);
    } else {
      diagnostics.error(kParseError, block.at(), block.fault());
      good = false;
    }
  }
  return good;
}

namespace {

struct Target {
  enum class Kind { Package, Import, Rule } kind;
  std::uint32_t row;
  void* node;
};

std::string_view scope_word(const Target* target, bool entrypoint) {
  if (target == nullptr) return "";
  switch (target->kind) {
    case Target::Kind::Package: return "package";
    case Target::Kind::Import: return "import";
    case Target::Kind::Rule: return entrypoint ? "document" : "rule";
  }
  return "";
}

// The rule's ref down to its first variable, which rules of one document share.
std::string path_of(const ast::Module& module, const ast::Rule& rule) {
  const ast::Ref whole = ast::rule_ref(module.nodes, rule);
  return ast::ref_to_string(ast::ground_prefix(whole));
}

// Every rule takes the annotations of its document, and of those made for a rule the ones above it that no rule before took for its own.
void hand_to_rules(ast::Module& module, const text::Lines& rows) {
  std::map<std::string, std::vector<ast::Annotations*>> by_path;
  for (ast::Annotations* one : module.annotations) {
    if (one->rule != nullptr) by_path[path_of(module, *one->rule)].push_back(one);
  }
  for (ast::Rule* rule : module.rules) {
    const auto group = by_path.find(path_of(module, *rule));
    if (group == by_path.end()) continue;
    std::vector<ast::Annotations*>& left = group->second;
    const std::uint32_t row = rows.row(rule->span.begin);
    std::size_t last = left.size();
    for (std::size_t i = 0; i < left.size(); ++i) {
      const bool is_own = left[i]->scope == ast::AnnotationScope::Rule;
      if (is_own && row <= rows.row(left[i]->span.begin)) continue;
      rule->annotations.push_back(left[i]);
      if (is_own) last = i;
    }
    if (last < left.size()) left.erase(left.begin() + static_cast<std::ptrdiff_t>(last));
  }
}

}  // namespace

bool attach_metadata(ast::Module& module, std::string_view text, Diagnostics& diagnostics) {
  if (module.annotations.empty()) return true;
  const text::Lines rows(text);
  std::vector<Target> targets;
  targets.push_back({Target::Kind::Package, rows.row(module.package->span.begin), module.package});
  for (ast::Import* import : module.imports) targets.push_back({Target::Kind::Import, rows.row(import->span.begin), import});
  for (ast::Rule* rule : module.rules) targets.push_back({Target::Kind::Rule, rows.row(rule->span.begin), rule});
  std::stable_sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) { return a.row < b.row; });

  bool good = true;
  const auto refuse = [&](const ast::Annotations& one, std::string message) {
    diagnostics.error(kParseError, one.span, std::move(message));
    good = false;
  };
  for (ast::Annotations* one : module.annotations) {
    const auto found = std::upper_bound(targets.begin(), targets.end(), rows.row(one->span.begin), [](std::uint32_t row, const Target& t) { return row < t.row; });
    const Target* target = found == targets.end() ? nullptr : &*found;
    if (target != nullptr && target->kind == Target::Kind::Rule) one->rule = static_cast<ast::Rule*>(target->node);
    if (target != nullptr && target->kind == Target::Kind::Package) one->package = static_cast<ast::Package*>(target->node);
    const std::string scope(one->scope_text.empty() ? scope_word(target, one->entrypoint) : one->scope_text);
    std::string have;
    if (target != nullptr) {
      have = target->kind == Target::Kind::Rule ? " (have rule)" : target->kind == Target::Kind::Package ? " (have package)" : " (have import)";
    }
    if (scope == "rule" || scope == "document") {
      one->scope = scope == "rule" ? ast::AnnotationScope::Rule : ast::AnnotationScope::Document;
      if (one->rule == nullptr) refuse(*one, "annotation scope '" + scope + "' must be applied to rule" + have);
    } else if (scope == "package" || scope == "subpackages") {
      one->scope = scope == "package" ? ast::AnnotationScope::Package : ast::AnnotationScope::Subpackages;
      if (one->package == nullptr) refuse(*one, "annotation scope '" + scope + "' must be applied to package" + have);
    } else {
      refuse(*one, "invalid annotation scope '" + scope + "'. Use one of 'rule', 'document', 'package', or 'subpackages'");
    }
    if (one->entrypoint && scope != "document" && scope != "package") {
      refuse(*one, "annotation entrypoint applied to non-document or package scope '" + scope + "'");
    }
  }
  if (good) hand_to_rules(module, rows);
  return good;
}

}  // namespace psdl::parsing
