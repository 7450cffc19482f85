// Changes of data: each document that is touched is read, changed and copied into an arena of its own.
#include "engine/data_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "builtins/patterns.hpp"
#include "builtins/registry.hpp"
#include "codec/reader.hpp"
#include "value/builders.hpp"

namespace psdl {
namespace {

// Memory that data takes for each byte of its text, at most.
constexpr std::size_t kBytesForByte = 4;

std::string shown(std::span<const std::string> path) { return fmt::format("data.{}", fmt::join(path, ".")); }

// The documents of a change on its way: what they are so far, and whether they live in arenas of their own already.
class Changing {
 public:
  Changing(const Policy::Impl& policy, const Snapshot& from, DiagnosticList& problems) : policy_(policy), problems_(problems) {
    const Object& root = from.root.as_object();
    for (std::uint32_t i = 0; i < root.size(); ++i) documents_.push_back({std::string(root.keys()[i].as_string()), part_of(from, i)});
  }

  [[nodiscard]] bool make(const DataChange& change) {
    if (change.path.size() > policy_.limits.data_nesting) {
      return refuse(change, "limit_data_nesting", fmt::format("the path has {} steps, the limit `data_nesting` is {}", change.path.size(), policy_.limits.data_nesting));
    }
    switch (change.action) {
      case DataChange::Action::Put: return put(change);
      case DataChange::Action::Patch: return patch(change);
      case DataChange::Action::Remove: return remove(change);
    }
    return false;
  }

  [[nodiscard]] std::shared_ptr<const Snapshot> finish() {
    auto made = std::make_shared<Snapshot>();
    ObjectBuilder root(made->arena, policy_.keys().get());
    std::size_t bytes = 0;
    for (const Document& one : documents_) {
      root.add(Value::string(made->arena, one.name), one.part->root);
      made->parts.push_back(one.part);
      bytes += one.part->arena.used_bytes();
    }
    if (bytes / kBytesForByte > policy_.limits.data_bytes) {
      problems_.add_error("limit_data_bytes", fmt::format("data documents take {} bytes of memory, the limit `data_bytes` is {} of text", bytes, policy_.limits.data_bytes));
      return nullptr;
    }
    made->root = root.finish();
    freeze(made->arena, made->root);
    if (policy_.refuse_shadowing) refuse_shadowing(policy_, made->root, problems_);
    return problems_.has_errors() ? nullptr : made;
  }

 private:
  struct Document {
    std::string name;
    std::shared_ptr<const Snapshot> part;
  };

  // The arena that the document lives in, kept by what it belongs to.
  std::shared_ptr<const Snapshot> part_of(const Snapshot& from, std::uint32_t index) {
    if (!from.parts.empty()) return from.parts[index];
    return own(from.root.as_object().values()[index]);
  }
  std::shared_ptr<const Snapshot> own(const Value& value) {
    auto part = std::make_shared<Snapshot>();
    part->root = copy_into(part->arena, value);
    freeze(part->arena, part->root);
    return part;
  }

  bool refuse(const DataChange& change, std::string_view code, std::string message, std::string_view help = {}) {
    problems_.add_error(code, message, change.name, help);
    return false;
  }

  Document* find(std::string_view name) {
    const auto at = std::find_if(documents_.begin(), documents_.end(), [&](const Document& one) { return one.name == name; });
    return at == documents_.end() ? nullptr : &*at;
  }
  void set(std::string_view name, const Value& value) {
    Document* const known = find(name);
    std::shared_ptr<const Snapshot> part = own(value);
    if (known != nullptr) {
      known->part = std::move(part);
      return;
    }
    const auto at = std::find_if(documents_.begin(), documents_.end(), [&](const Document& one) { return one.name > name; });
    documents_.insert(at, {std::string(name), std::move(part)});
  }
  bool set_all(const DataChange& change, const Value& root) {
    const bool are_names = root.is_object() && std::all_of(root.as_object().keys().begin(), root.as_object().keys().end(), [](const Value& key) { return key.is_string(); });
    if (!are_names) return refuse(change, "data_conflict", "all of `data` must be an object", "its keys are the names of documents");
    documents_.clear();
    const Object& object = root.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) set(object.keys()[i].as_string(), object.values()[i]);
    return true;
  }

  // A text of data, in `scratch`.
  bool read(const DataChange& change, Arena& scratch, Value& value) {
    const DataText text{std::string(change.name), {}, change.format, {}};
    const Result<psdl::Document, ReadError> document = read_data_text(reader_, scratch, text, change.text, policy_.limits, policy_.keys());
    if (!document) {
      problems_.impl().add(document.error());
      return false;
    }
    value = document->root();
    return true;
  }

  // What stands at the path; null, and no error, where nothing does.
  const Value* at(std::span<const std::string> path) {
    Document* const document = find(path.front());
    const Value* value = document == nullptr ? nullptr : &document->part->root;
    for (std::size_t i = 1; value != nullptr && i < path.size(); ++i) value = value->is_object() ? value->as_object().find_text(path[i]) : nullptr;
    return value;
  }

  // An object like `from` with the value under the rest of the path; undefined, with an error, where something else stands in the way.
  Value with(const DataChange& change, Arena& scratch, const Value* from, std::size_t depth, const Value& value) {
    if (depth == change.path.size()) return value;
    if (from != nullptr && !from->is_object()) {
      static_cast<void>(refuse(change, "data_conflict", fmt::format("`{}` is no object: nothing can be put below it", shown(std::span(change.path).first(depth))),
                               "put the whole value, or patch it"));
      return {};
    }
    const Value* const next = from == nullptr ? nullptr : from->as_object().find_text(change.path[depth]);
    const Value below = with(change, scratch, next, depth + 1, value);
    if (!below.is_defined()) return {};
    ObjectBuilder made(scratch, policy_.keys().get());
    for (std::uint32_t i = 0; from != nullptr && i < from->as_object().size(); ++i) {
      const Object& object = from->as_object();
      if (&object.values()[i] != next) made.add(object.keys()[i], object.values()[i]);
    }
    made.add(Value::string(scratch, change.path[depth]), below);
    return made.finish();
  }

  Value without(Arena& scratch, const Value& from, std::span<const std::string> path) {
    const Object& object = from.as_object();
    ObjectBuilder made(scratch, policy_.keys().get());
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const bool is_it = object.keys()[i].is_string() && object.keys()[i].as_string() == path.front();
      if (!is_it) made.add(object.keys()[i], object.values()[i]);
      if (is_it && path.size() > 1) made.add(object.keys()[i], without(scratch, object.values()[i], path.subspan(1)));
    }
    return made.finish();
  }

  bool place(const DataChange& change, Arena& scratch, const Value& value) {
    if (change.path.empty()) return set_all(change, value);
    Document* const document = find(change.path.front());
    const Value made = with(change, scratch, document == nullptr ? nullptr : &document->part->root, 1, value);
    if (!made.is_defined()) return false;
    set(change.path.front(), made);
    return true;
  }

  bool put(const DataChange& change) {
    Arena scratch;
    Value value;
    return read(change, scratch, value) && place(change, scratch, value);
  }

  bool remove(const DataChange& change) {
    if (change.path.empty()) {
      documents_.clear();
      return true;
    }
    if (at(change.path) == nullptr) return refuse(change, "data_conflict", fmt::format("there is nothing at `{}`", shown(change.path)));
    if (change.path.size() == 1) {
      std::erase_if(documents_, [&](const Document& one) { return one.name == change.path.front(); });
      return true;
    }
    Arena scratch;
    set(change.path.front(), without(scratch, find(change.path.front())->part->root, std::span(change.path).subspan(1)));
    return true;
  }

  Value whole(Arena& scratch) {
    ObjectBuilder root(scratch, policy_.keys().get());
    for (const Document& one : documents_) root.add(Value::string(scratch, one.name), one.part->root);
    return root.finish();
  }

  bool patch(const DataChange& change) {
    Arena scratch;
    Value patches;
    if (!read(change, scratch, patches)) return false;
    const Value all = change.path.empty() ? whole(scratch) : Value();
    const Value* const from = change.path.empty() ? &all : at(change.path);
    if (from == nullptr) return refuse(change, "data_conflict", fmt::format("there is nothing at `{}`", shown(change.path)));
    if (!patches.is_array()) return refuse(change, "bad_patch", "a patch is a list of operations");
    PatternCache patterns;
    const EvaluationFacts facts;
    CallContext context(scratch, policy_.limits, facts, patterns);
    const Value operands[] = {*from, patches};
    const Value made = call_builtin(*find_builtin("json.patch"), context, operands, 2);
    if (!made.is_defined()) {
      const bool has_words = context.error != nullptr && !context.error->message.empty();
      return refuse(change, "bad_patch", has_words ? std::string(context.error->message) : "the patch does not apply: a path is not there, or a test failed");
    }
    return place(change, scratch, made);
  }

  const Policy::Impl& policy_;
  DiagnosticList& problems_;
  Reader reader_;
  std::vector<Document> documents_;  // in order of names
};

}  // namespace

DataStore::DataStore(std::shared_ptr<const Policy::Impl> policy) : policy_(std::move(policy)), snapshot_(policy_->snapshot()) {}

bool DataStore::apply(std::span<const DataChange> changes, DiagnosticList& problems) {
  Changing changing(*policy_, *snapshot(), problems);
  for (const DataChange& change : changes) {
    if (!changing.make(change)) return false;
  }
  std::shared_ptr<const Snapshot> made = changing.finish();
  if (made == nullptr) return false;
  {
    const std::lock_guard lock(mutex_);
    std::swap(snapshot_, made);
  }
  version_.fetch_add(1, std::memory_order_acq_rel);
  return true;
}

std::shared_ptr<const Snapshot> DataStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

}  // namespace psdl
