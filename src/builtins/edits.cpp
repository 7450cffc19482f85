// Parts of documents cut out, kept or patched by paths. In: a document and JSON-pointer texts or arrays of keys; out: a new document.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "builtins/registry.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

using Path = std::vector<Value>;

struct TermOrder {
  bool operator()(const Value& left, const Value& right) const { return compare(left, right) < 0; }
};

// ~1 is a slash, ~0 a tilde, in this order.
std::string_view unescape(Arena& arena, std::string_view part) {
  if (part.find('~') == std::string_view::npos) return part;
  char* made = arena.allocate_array<char>(part.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    const bool is_slash = part[i] == '~' && i + 1 < part.size() && part[i + 1] == '1';
    made[size++] = is_slash ? '/' : part[i];
    i += is_slash;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size; ++i) {
    made[kept++] = made[i];
    if (made[i] == '~' && i + 1 < size && made[i + 1] == '0') ++i;
  }
  return {made, kept};
}

// Calls that call themselves go no deeper than this.
constexpr std::size_t kDeepest = 256;

// Slashes at the start count for nothing, however many.
bool read_path(CallContext& context, const Value& text, Path& path) {
  path.clear();
  if (text.is_array()) {
    path.assign(text.as_array().begin(), text.as_array().end());
    return true;
  }
  if (!text.is_string()) {
    (void)context.fail(EvalCode::Type, std::string("operand 2 must be one of {set, array} containing string paths or array of path segments but got ")
                                           .append(kind_name(text.kind())));
    return false;
  }
  std::string_view rest = text.as_string();
  if (rest.empty()) return true;
  rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
  for (;;) {
    const std::size_t slash = rest.find('/');
    path.push_back(Value::string(unescape(context.arena(), rest.substr(0, slash))));
    if (slash == std::string_view::npos) return true;
    rest.remove_prefix(slash + 1);
  }
}

// Several paths as a tree; a leaf stands for all below it.
struct Branch {
  bool is_leaf = false;
  bool is_cut = false;  // a path went deeper than is followed
  std::map<Value, Branch, TermOrder> below;

  [[nodiscard]] const Branch* find(const Value& key) const {
    const auto at = below.find(key);
    return at == below.end() ? nullptr : &at->second;
  }
};

// Few documents are nested so deep that a path below kDeepest says anything; that they are shows when they are gone through.
void grow(Branch& root, const Path& path) {
  Branch* at = &root;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (at->is_leaf) return;
    if (i == kDeepest) {
      at->is_cut = true;
      return;
    }
    at = &at->below[path[i]];
  }
  if (path.empty()) return;
  at->is_leaf = true;
  at->below.clear();
}

bool read_tree(CallContext& context, const Value& paths, Branch& root) {
  const std::span<const Value> items = paths.is_array() ? paths.as_array() : paths.as_set().items();
  std::vector<Path> read(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!read_path(context, items[i], read[i])) return false;
    if (!context.may_work(1 + read[i].size() / Budget::kItems)) return false;
  }
  std::size_t steps = 0;
  for (const Path& path : read) {
    grow(root, path);
    steps += std::min(path.size(), kDeepest);
  }
  return context.may_work(steps / 4);
}

// OPA looks for an array's item under its index as a string, so a path with a number in it finds none.
const Branch* at_index(const Branch& branch, std::size_t index, std::string& text) {
  text = std::to_string(index);
  return branch.find(Value::string(text));
}

// A collection that a path leads to may be shared by many others. False: a limit was reached and is recorded.
bool may_follow(CallContext& context, const Value& from, const Branch& branch) {
  if (branch.is_cut) {
    (void)context.limit("data_nesting");
    return false;
  }
  const std::size_t size = from.is_array() ? from.length() : from.is_object() ? from.as_object().size() : from.as_set().size();
  return context.may_work(1 + size / Budget::kItems) && context.is_within_memory(size * sizeof(Value));
}

Value keep(CallContext& context, const Value& from, const Branch& wanted) {
  if (wanted.is_leaf || !from.is_collection()) return from;
  if (!may_follow(context, from, wanted)) return from;
  if (from.is_object()) {
    ObjectBuilder made(context.arena());
    const Object& fields = from.as_object();
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      if (const Branch* below = wanted.find(fields.keys()[i])) made.add(fields.keys()[i], keep(context, fields.values()[i], *below));
    }
    return made.finish();
  }
  if (from.is_set()) {
    SetBuilder made(context.arena());
    for (const Value& item : from.as_set().items()) {
      if (const Branch* below = wanted.find(item)) made.add(keep(context, item, *below));
    }
    return made.finish();
  }
  ArrayBuilder made(context.arena());
  std::string text;
  for (std::uint32_t i = 0; i < from.length(); ++i) {
    if (const Branch* below = at_index(wanted, i, text)) made.add(keep(context, from.as_array()[i], *below));
  }
  return made.finish();
}

// Undefined where nothing is left of `from`.
Value drop(CallContext& context, const Value& from, const Branch* unwanted) {
  if (unwanted == nullptr) return from;
  if (unwanted->is_leaf) return {};
  if (!from.is_collection() || !may_follow(context, from, *unwanted)) return from;
  if (from.is_object()) {
    ObjectBuilder made(context.arena());
    const Object& fields = from.as_object();
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
      const Value rest = drop(context, fields.values()[i], unwanted->find(fields.keys()[i]));
      if (rest.is_defined()) made.add(fields.keys()[i], rest);
    }
    return made.finish();
  }
  if (from.is_set()) {
    SetBuilder made(context.arena());
    for (const Value& item : from.as_set().items()) {
      const Value rest = drop(context, item, unwanted->find(item));
      if (rest.is_defined()) made.add(rest);
    }
    return made.finish();
  }
  ArrayBuilder made(context.arena(), from.length());
  std::string text;
  for (std::uint32_t i = 0; i < from.length(); ++i) {
    const Value rest = drop(context, from.as_array()[i], at_index(*unwanted, i, text));
    if (rest.is_defined()) made.add(rest);
  }
  return made.finish();
}

Value json_filter(CallContext& context, Args args) {
  Branch wanted;
  if (!read_tree(context, args[1], wanted)) return {};
  const Value made = keep(context, args[0], wanted);
  return context.error == nullptr ? made : Value();
}

Value json_remove(CallContext& context, Args args) {
  Branch unwanted;
  if (!read_tree(context, args[1], unwanted)) return {};
  const Value made = drop(context, args[0], &unwanted);
  return context.error == nullptr ? made : Value();
}

// Patches ---------------------------------------------------------------------------------------------------------------------------

// A document under edit: the value as it was and what became of its children. Only nodes on the way to an edit exist.
class Edited {
 public:
  Edited(CallContext& context, const Value& value) : context_(&context) { set(value); }

  void set(const Value& value) {
    value_ = value;
    fields_.clear();
    slots_.clear();
    if (!value.is_array()) return;
    charge(value.length());
    for (std::uint32_t i = 0; i < value.length(); ++i) slots_.push_back({i, nullptr});
  }
  void remove() { set(Value()); }

  // Where the budget is spent, the patch stops after the operation that it is at.
  void charge(std::size_t items) const { static_cast<void>(context_->budget().charge(items / Budget::kItems)); }

  // The node at the end of the path; null with `error` set where there is none.
  Edited* find(std::span<const Value> path, std::string& error) {
    Edited* at = this;
    for (std::size_t i = 0; i < path.size() && at != nullptr; ++i) at = at->child(path[i], error);
    return at;
  }

  bool insert(const Value& key, const Value& value, std::string& error) {
    if (!value_.is_defined()) return say(error, "deleted node encountered during insert operation");
    if (value_.is_object()) {
      put(key, value);
      return true;
    }
    if (value_.is_set()) {
      if (!equal(key, value)) return say(error, "set key " + to_short_rego(key) + " does not equal value to be inserted " + to_short_rego(value));
      if (key.is_collection()) set(rendered());
      put(key, value);
      return true;
    }
    if (value_.is_array()) {
      std::size_t index = 0;
      if (!read_index(key, index, error)) return false;
      if (index > slots_.size()) return say(error, "index for array insertion out of bounds");
      charge(slots_.size() - index);
      slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(index), {0, node(value)});
      return true;
    }
    return say(error, "expected composite type, found value: " + to_short_rego(value_) + " (type: " + go_type() + ")");
  }

  bool erase(const Value& key, std::string& error) {
    if (!value_.is_defined()) return say(error, "deleted node encountered during delete operation");
    if (value_.is_object() || value_.is_set()) {
      if (value_.is_set() && key.is_collection()) set(rendered());
      const auto at = fields_.find(key);
      if (at != fields_.end()) {
        if (at->second.edited == nullptr) return say(error, "cannot delete the already deleted " + at->second.kind() + " node for key " + to_short_rego(key));
        at->second.edited = nullptr;
        return true;
      }
      const Value found = original(key);
      if (!found.is_defined()) return say(error, "cannot delete child key " + to_short_rego(key) + " that does not exist");
      fields_[key] = {nullptr, found.is_collection()};
      return true;
    }
    if (value_.is_array()) {
      std::size_t index = 0;
      if (!read_index(key, index, error)) return false;
      if (index >= slots_.size()) return say(error, "index for array delete out of bounds");
      charge(slots_.size() - index);
      slots_.erase(slots_.begin() + static_cast<std::ptrdiff_t>(index));
      return true;
    }
    return say(error, "expected composite type, found value: " + to_short_rego(value_) + " (type: " + go_type() + ")");
  }

  [[nodiscard]] Value rendered() const {
    charge(Budget::kItems + (value_.is_object() ? value_.as_object().size() : value_.is_set() ? value_.as_set().size() : slots_.size()));
    if (value_.is_object() && !fields_.empty()) {
      ObjectBuilder made(context_->arena());
      const Object& fields = value_.as_object();
      for (std::uint32_t i = 0; i < fields.size(); ++i) {
        if (!fields_.contains(fields.keys()[i])) made.add(fields.keys()[i], fields.values()[i]);
      }
      for (const auto& [key, field] : fields_) {
        if (field.edited != nullptr) made.add(key, field.edited->rendered());
      }
      return made.finish();
    }
    if (value_.is_set() && !fields_.empty()) {
      SetBuilder made(context_->arena());
      for (const Value& item : value_.as_set().items()) {
        if (!fields_.contains(item)) made.add(item);
      }
      for (const auto& [key, field] : fields_) {
        if (field.edited != nullptr) made.add(field.edited->rendered());
      }
      return made.finish();
    }
    if (value_.is_array()) {
      ArrayBuilder made(context_->arena(), static_cast<std::uint32_t>(slots_.size()));
      for (const Slot& slot : slots_) made.add(slot.edited != nullptr ? slot.edited->rendered() : value_.as_array()[slot.from]);
      return made.finish();
    }
    return value_;
  }

 private:
  using Node = std::shared_ptr<Edited>;
  struct Field {
    Node edited;  // null: deleted
    bool is_composite = false;
    [[nodiscard]] std::string kind() const { return is_composite ? "composite" : "scalar"; }
  };
  struct Slot {
    std::uint32_t from;  // the item of value_, where nothing was put in its place
    Node edited;
  };

  [[nodiscard]] Node node(const Value& value) const { return std::make_shared<Edited>(*context_, value); }
  Edited* put(const Value& key, const Value& value) {
    Field& place = fields_[key];
    place = {node(value), value.is_collection()};
    return place.edited.get();
  }
  // As the first step of a reference, where a string is a name.
  static std::string as_head(const Value& key) { return key.is_string() ? std::string(key.as_string()) : to_short_rego(key); }
  static bool say(std::string& error, std::string text) {
    error = std::move(text);
    return false;
  }
  static Edited* nowhere(std::string& error, std::string text) {
    error = std::move(text);
    return nullptr;
  }

  [[nodiscard]] Value original(const Value& key) const {
    const Value* found = value_.is_object() ? value_.as_object().find(key) : value_.as_set().find(key);
    return found != nullptr ? *found : Value();
  }

  Edited* child(const Value& key, std::string& error) {
    if (!value_.is_defined()) return nowhere(error, "nil value encountered where composite value was expected");
    if (value_.is_object() || value_.is_set()) {
      if (value_.is_set() && key.is_collection()) set(rendered());
      const auto at = fields_.find(key);
      if (at != fields_.end()) {
        const Field& field = at->second;
        return field.edited != nullptr ? field.edited.get() : nowhere(error, "cannot unfold the already deleted " + field.kind() + " node for key " + to_short_rego(key));
      }
      const Value found = original(key);
      if (found.is_defined()) return put(key, found);
      return nowhere(error, value_.is_object() ? "path " + to_short_rego(key) + " does not exist in object term " + to_short_rego(value_)
                                               : "path " + as_head(key) + " does not exist in set term " + to_short_rego(value_));
    }
    if (value_.is_array()) {
      std::size_t index = 0;
      if (!read_index(key, index, error)) return nullptr;
      if (index < slots_.size() && slots_[index].edited != nullptr) return slots_[index].edited.get();
      // OPA looks the index up in the array as it was before any edit, and so do we: after a removal it is another item.
      if (index >= value_.length()) {
        const std::string shown = index == SIZE_MAX ? as_head(key) : std::to_string(index);
        return nowhere(error, "path " + shown + " does not exist in array term " + to_short_rego(value_));
      }
      if (index >= slots_.size()) return nowhere(error, "index for array delete out of bounds");
      slots_[index].edited = node(value_.as_array()[index]);
      return slots_[index].edited.get();
    }
    return nowhere(error, "expected composite type for path " + to_short_rego(key) + ", found value: " + to_short_rego(value_) + " (type: " + go_type() + ")");
  }

  // "-" is the place after the last item.
  bool read_index(const Value& key, std::size_t& index, std::string& error) const {
    std::optional<std::int64_t> read;
    if (key.is_number()) {
      read = to_int64(key);
      if (!read) return say(error, "invalid number type for indexing");
    } else if (key.is_string()) {
      const std::string_view text = key.as_string();
      if (text == "-") {
        index = slots_.size();
        return true;
      }
      const std::string_view digits = text.substr(!text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0);
      if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        return say(error, "invalid string for indexing");
      }
      if (text != "0" && text[0] == '0') return say(error, "leading zeros are not allowed in JSON paths");
      std::int64_t number = 0;
      for (const char digit : digits) number = number * 10 + (digit - '0');
      read = text[0] == '-' ? -number : number;
    } else {
      return say(error, "invalid type for indexing");
    }
    index = *read < 0 ? SIZE_MAX : static_cast<std::size_t>(*read);
    return true;
  }

  [[nodiscard]] std::string go_type() const {
    switch (value_.kind()) {
      case Kind::Null:
        return "ast.Null";
      case Kind::Boolean:
        return "ast.Boolean";
      case Kind::Number:
        return "ast.Number";
      default:
        return "ast.String";
    }
  }

  CallContext* context_;
  Value value_;
  std::map<Value, Field, TermOrder> fields_;
  std::vector<Slot> slots_;
};

bool insert_at(Edited& root, const Path& path, const Value& value, std::string& error) {
  if (path.empty()) {
    root.set(value);
    return true;
  }
  Edited* parent = root.find(std::span(path).first(path.size() - 1), error);
  return parent != nullptr && parent->insert(path.back(), value, error);
}

bool erase_at(Edited& root, const Path& path, std::string& error) {
  if (path.empty()) {
    root.remove();
    return true;
  }
  Edited* parent = root.find(std::span(path).first(path.size() - 1), error);
  return parent != nullptr && parent->erase(path.back(), error);
}

// Nodes under edit hold each other, so that a long path would make them end each other call by call.
bool read_patch_path(CallContext& context, const Value& text, Path& path) {
  if (!read_path(context, text, path)) return false;
  if (path.size() <= kDeepest) return true;
  (void)context.limit("data_nesting");
  return false;
}

// False with the error recorded.
bool apply(CallContext& context, Edited& root, const Object& operation) {
  const auto fails = [&](std::string_view why) {
    (void)context.fail(why);
    return false;
  };
  const Value* path_text = operation.find_text("path");
  if (path_text == nullptr) return fails("missing required attribute 'path'");
  const Value* op = operation.find_text("op");
  if (op == nullptr) return fails("missing required attribute 'op'");
  if (!op->is_string()) return fails(std::string("attribute 'op' must be a string but found: ").append(kind_name(op->kind())));
  Path path;
  if (!read_patch_path(context, *path_text, path)) return false;

  const std::string_view name = op->as_string();
  const Value* value = operation.find_text("value");
  std::string error;
  if (name == "add" || name == "replace") {
    if (name == "replace" && !erase_at(root, path, error)) return fails(error);
    if (value == nullptr) return fails("missing required attribute 'value'");
    return insert_at(root, path, *value, error) || fails(error);
  }
  if (name == "remove") return erase_at(root, path, error) || fails(error);
  if (name == "move" || name == "copy") {
    const Value* from_text = operation.find_text("from");
    if (from_text == nullptr) return fails("missing required attribute 'from'");
    Path from;
    if (!read_patch_path(context, *from_text, from)) return false;
    const Edited* source = root.find(from, error);
    if (source == nullptr) return fails(error);
    const Value piece = source->rendered();
    if (!piece.is_defined()) return fails("cannot insert nil value into EditTree");
    if (name == "move" && !erase_at(root, from, error)) return fails(error);
    return insert_at(root, path, piece, error) || fails(error);
  }
  if (name == "test") {
    const Edited* place = root.find(path, error);
    if (place == nullptr) return fails(error);
    if (value == nullptr) return fails("missing required attribute 'value'");
    const Value found = place->rendered();
    if (equal(found, *value)) return true;
    return fails("value from EditTree != patch value.\n\nExpected: " + to_short_rego(*value) + "\n\nFound: " + to_short_rego(found));
  }
  return fails("unrecognized op: '" + std::string(name) + "'");
}

Value json_patch(CallContext& context, Args args) {
  Edited root(context, args[0]);
  for (const Value& operation : args.array(1)) {
    if (!operation.is_object()) return context.fail("must be an array of JSON-Patch objects, but at least one element is not an object");
    const bool is_applied = apply(context, root, operation.as_object());
    // First, so that no error of the operation hides the limit.
    if (!is_applied && context.error->halts) return {};
    if (!context.may_work(1) || !context.is_within_memory() || !is_applied) return {};
  }
  const Value made = root.rendered();
  if (!context.may_work(1)) return {};
  return made.is_defined() ? made : context.fail("the patch removes the whole document");
}

constexpr Builtin kEditBuiltins[] = {
    {.name = "json.filter",
     .signature = signature("(object: object[any: any], paths: array[string|array[any]]|set[string|array[any]]) -> object[any: any]"),
     .doc = "What stands at the paths, and the way there.",
     .example = R"(json.filter({"a": {"b": 1, "c": 2}}, ["a/b"]) == {"a": {"b": 1}})",
     .fn = json_filter},
    {.name = "json.remove",
     .signature = signature("(object: object[any: any], paths: array[string|array[any]]|set[string|array[any]]) -> object[any: any]"),
     .doc = "The object without what stands at the paths.",
     .example = R"(json.remove({"a": {"b": 1, "c": 2}}, ["a/b"]) == {"a": {"c": 2}})",
     .fn = json_remove},
    {.name = "json.patch",
     .signature = signature("(target: any, patches: array[object<op: string, path: any>[any: any]]) -> any"),
     .doc = "The document after the operations of a JSON Patch (RFC 6902): add, remove, replace, move, copy, test.",
     .example = R"(json.patch({"a": 1}, [{"op": "add", "path": "/b", "value": 2}]) == {"a": 1, "b": 2})",
     .fn = json_patch},
};

}  // namespace

std::span<const Builtin> edit_builtins() { return kEditBuiltins; }

}  // namespace psdl
