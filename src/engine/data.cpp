// Data documents to one frozen root. In: texts with the place below `data` they belong to; out: a Snapshot.
#include <fmt/format.h>

#include <algorithm>

#include "codec/reader.hpp"
#include "base/limit_names.hpp"
#include "engine/policy.hpp"
#include "value/builders.hpp"

namespace psdl {
namespace {

// `value` under `root`'s steps.
Value wrap(Arena& arena, const KeyTable* keys, std::span<const std::string> root, const Value& value) {
  Value wrapped = value;
  for (std::size_t i = root.size(); i-- > 0;) {
    ObjectBuilder object(arena, keys);
    object.add(Value::string(arena, root[i]), wrapped);
    wrapped = object.finish();
  }
  return wrapped;
}

// Objects are merged key by key; anything else that meets something else is a conflict at `path`.
Value merge(Arena& arena, const KeyTable* keys, const Value& left, const Value& right, std::string& path, bool& conflict) {
  if (!left.is_object() || !right.is_object()) {
    conflict = true;
    return left;
  }
  ObjectBuilder merged(arena, keys);
  const Object& a = left.as_object();
  const Object& b = right.as_object();
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    const Value* other = b.find(a.keys()[i]);
    if (other == nullptr) {
      merged.add(a.keys()[i], a.values()[i]);
      continue;
    }
    const std::size_t length = path.size();
    path += "." + std::string(a.keys()[i].is_string() ? a.keys()[i].as_string() : "?");
    const Value both = merge(arena, keys, a.values()[i], *other, path, conflict);
    if (conflict) return left;
    path.resize(length);
    merged.add(a.keys()[i], both);
  }
  for (std::uint32_t i = 0; i < b.size(); ++i) {
    if (a.find(b.keys()[i]) == nullptr) merged.add(b.keys()[i], b.values()[i]);
  }
  return merged.finish();
}

}  // namespace

Result<Document, ReadError> read_data_text(Reader& reader, Arena& arena, const DataText& of, std::string_view text, const Limits& limits,
                                           const std::shared_ptr<const KeyTable>& keys) {
  Limits reading = limits;
  reading.object_bytes = std::max(reading.object_bytes, limits.data_bytes);  // one document may be all of the data
  reading.yaml_nodes = UINT32_MAX;
  ReadOptions options;
  options.rules = ReadRules::opa();
  options.rules.one_document = true;
  options.limits = &reading;
  options.key_table = keys;
  options.first_origin = 0;
  options.place.stream = of.name;
  switch (of.format) {
    case DocumentFormat::Json: return reader.read(arena, text, Format::Json, options);
    case DocumentFormat::Yaml: return reader.read(arena, text, Format::Yaml, options);
    case DocumentFormat::Auto: break;
  }
  return read_data(reader, arena, text, options);
}

std::shared_ptr<const Snapshot> load_data(std::span<const DataText> texts, const Limits& limits, const std::shared_ptr<const KeyTable>& keys, DiagnosticList& problems) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->root = empty_object();
  if (texts.empty()) return snapshot;
  std::size_t total = 0;
  for (const DataText& text : texts) total += text.text.size();
  if (total > limits.data_bytes) {
    problems.add_error("limit_data_bytes",
                       fmt::format("data documents hold {} bytes: the limit `data_bytes` is {}", total, limits.data_bytes),
                       texts.front().name, how_to_raise_limit("data_bytes"));
    return nullptr;
  }
  Reader reader;
  bool is_fine = true;
  for (const DataText& text : texts) {
    Result<Document, ReadError> read = read_data_text(reader, snapshot->arena, text, text.text, limits, keys);
    if (!read) {
      problems.impl().add(read.error());
      is_fine = false;
      continue;
    }
    const Value& root = read->root();
    if (!root.is_object() && text.root.empty()) {
      problems.add_error("data_conflict", "a data document must be an object: its keys become keys of `data`", text.name,
                         "give it a place of its own below `data`");
      is_fine = false;
      continue;
    }
    std::string path = "data";
    bool conflict = false;
    const Value placed = wrap(snapshot->arena, keys.get(), text.root, root);
    snapshot->root = merge(snapshot->arena, keys.get(), snapshot->root, placed, path, conflict);
    if (conflict) {
      problems.add_error("data_conflict", fmt::format("merge error: conflicting values at {}", path), text.name, "two data documents give this key different values: rename one");
      is_fine = false;
    }
  }
  if (!is_fine) return nullptr;
  freeze(snapshot->arena, snapshot->root);
  return snapshot;
}

}  // namespace psdl
