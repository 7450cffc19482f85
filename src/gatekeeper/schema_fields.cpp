// Fields that a schema does not declare, and defaults for those that are missing.
#include <fmt/format.h>

#include <algorithm>

#include "gatekeeper/schema_node.hpp"
#include "value/builders.hpp"

namespace psdl::gatekeeper {
namespace {

bool is_meta(std::string_view name) {
  return name == "apiVersion" || name == "kind" || name == "metadata";
}

class UnknownFields {
 public:
  void prune(const Value& value, const Schema::Node* schema, bool is_embedded) {
    if (schema != nullptr && schema->is_preserving()) {
      skip(value, *schema, is_embedded);
    } else if (value.is_object()) {
      members(value, schema, is_embedded, true);
    } else if (value.is_array()) {
      items(value, [&](const Value& item) {
        prune(item, schema == nullptr ? nullptr : schema->items.get(), is_below_embedded(schema));
      });
    }
  }

  FieldErrors take() {
    std::sort(found_.begin(), found_.end(),
              [](const FieldError& left, const FieldError& right) { return left.text < right.text; });
    return std::move(found_);
  }

 private:
  static bool is_below_embedded(const Schema::Node* schema) {
    return schema != nullptr && schema->items != nullptr && schema->items->is_embedded;
  }

  // Within what preserves unknown fields, declared ones are still looked into.
  void skip(const Value& value, const Schema::Node& schema, bool is_embedded) {
    if (value.is_object()) {
      members(value, &schema, is_embedded, false);
    } else if (value.is_array() && schema.items != nullptr) {
      items(value, [&](const Value& item) { skip(item, *schema.items, schema.items->is_embedded); });
    }
  }

  template <class F>
  void items(const Value& value, F&& visit) {
    const std::size_t size = path_.size();
    std::size_t index = 0;
    for (const Value& item : value.as_array()) {
      path_ += fmt::format("[{}]", index++);
      visit(item);
      path_.resize(size);
    }
  }

  void members(const Value& value, const Schema::Node* schema, bool is_embedded, bool reports) {
    const psdl::Object& object = value.as_object();
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const std::string_view name = object.keys()[i].as_string();
      if (schema == nullptr) {
        report(name, object.values()[i]);
        continue;
      }
      if (is_embedded && is_meta(name)) continue;
      const Schema::Node::Property* property = schema->find_property(name);
      if (property != nullptr) {
        below(name, object.values()[i], property->schema.get());
      } else if (schema->has_additional) {
        below(name, object.values()[i], schema->additional.get());
      } else if (reports) {
        report(name, object.values()[i]);
      }
    }
  }

  void below(std::string_view name, const Value& value, const Schema::Node* schema) {
    const std::size_t size = path_.size();
    append(name);
    prune(value, schema, schema != nullptr && schema->is_embedded);
    path_.resize(size);
  }

  void append(std::string_view name) {
    if (!path_.empty()) path_ += '.';
    path_ += name;
  }

  void report(std::string_view name, const Value& value) {
    const std::size_t size = path_.size();
    append(name);
    found_.push_back({path_, value.origin()});
    path_.resize(size);
  }

  std::string path_;
  FieldErrors found_;
};

// Sharing what no default changes.
class Defaults {
 public:
  explicit Defaults(Arena& arena) : arena_(arena) {}

  Value fill(const Value& value, const Schema::Node* schema) {
    if (schema == nullptr) return value;
    if (value.is_object()) return fill_object(value, *schema);
    if (value.is_array()) return fill_array(value, *schema);
    return value;
  }

 private:
  static bool is_refused_null(const Value& value, const Schema::Node* schema) {
    return value.is_null() && schema != nullptr && !schema->is_nullable;
  }
  Value default_of(const Schema::Node& schema, std::uint32_t origin) {
    return schema.default_value == nullptr ? Value::null().with_origin(origin) : plant(*schema.default_value, origin);
  }

  // A default stands in the template's document: in the constraint's it is located where it was filled in.
  Value plant(const Value& value, std::uint32_t origin) {
    if (value.is_object()) {
      ObjectBuilder object(arena_);
      const psdl::Object& from = value.as_object();
      for (std::uint32_t i = 0; i < from.size(); ++i)
        object.add(Value::string(arena_, from.keys()[i].as_string()).with_origin(origin),
                   plant(from.values()[i], origin));
      return object.finish().with_origin(origin);
    }
    if (value.is_array()) {
      ArrayBuilder array(arena_, value.length());
      for (const Value& item : value.as_array()) array.add(plant(item, origin));
      return array.finish().with_origin(origin);
    }
    return copy_into(arena_, value).with_origin(origin);
  }

  Value fill_object(const Value& value, const Schema::Node& schema) {
    const psdl::Object& object = value.as_object();
    ObjectBuilder filled(arena_);
    bool is_changed = false;
    for (std::uint32_t i = 0; i < object.size(); ++i) {
      const Value& key = object.keys()[i];
      Value member = object.values()[i];
      const Schema::Node::Property* property = schema.find_property(key.as_string());
      const Schema::Node* below = property != nullptr ? property->schema.get() : schema.additional.get();
      const bool takes_default =
          is_refused_null(member, below) && (property == nullptr || below->default_value != nullptr);
      if (takes_default) member = default_of(*below, member.origin());
      const Value made = fill(member, below);
      is_changed = is_changed || takes_default || !is_same(made, object.values()[i]);
      filled.add(key, made);
    }
    for (const Schema::Node::Property& property : schema.properties) {
      if (property.schema->default_value == nullptr || object.find_text(property.name) != nullptr) continue;
      is_changed = true;
      const Value made = fill(default_of(*property.schema, value.origin()), property.schema.get());
      filled.add(Value::string(arena_, property.name).with_origin(value.origin()), made);
    }
    return is_changed ? filled.finish().with_origin(value.origin()) : value;
  }

  Value fill_array(const Value& value, const Schema::Node& schema) {
    ArrayBuilder filled(arena_, value.length());
    bool is_changed = false;
    for (const Value& item : value.as_array()) {
      const bool takes_default = is_refused_null(item, schema.items.get());
      const Value made = fill(takes_default ? default_of(*schema.items, item.origin()) : item, schema.items.get());
      is_changed = is_changed || takes_default || !is_same(made, item);
      filled.add(made);
    }
    return is_changed ? filled.finish().with_origin(value.origin()) : value;
  }

  // The same value, not an equal one: it is shared then.
  static bool is_same(const Value& left, const Value& right) { return std::memcmp(&left, &right, sizeof left) == 0; }

  Arena& arena_;
};

}  // namespace

FieldErrors find_unknown_fields(const Schema::Node& schema, const Value& value, bool is_resource) {
  UnknownFields fields;
  fields.prune(value, &schema, is_resource || schema.is_embedded);
  return fields.take();
}

FieldErrors Schema::unknown_fields(const Value& root) const {
  return find_unknown_fields(*root_, root, true);
}

Value Schema::with_defaults(Arena& arena, const Value& root) const {
  return Defaults(arena).fill(root, root_.get());
}

}  // namespace psdl::gatekeeper
