// psdl_builder.
#include "capi/builder.hpp"

#include "capi/arguments.hpp"
#include "capi/guard.hpp"
#include "capi/objects.hpp"
#include "capi/value.hpp"
#include "codec/reader.hpp"

namespace psdl::capi {

void ValueBuild::start(const BuildPlace& place) {
  place_ = place;
  levels_.clear();
  root_ = Value();
  next_origin_ = 1;
  bytes_ = 0;
}

psdl_status ValueBuild::room(std::size_t bytes) const {
  if (place_.arena == nullptr) return PSDL_BAD_ARGUMENT;  // of a call that is over
  if (levels_.empty() ? root_.is_defined() : levels_.back().kind == Kind::Object && !levels_.back().has_key)
    return PSDL_BAD_ARGUMENT;
  return bytes <= place_.most_bytes - bytes_ ? PSDL_OK : PSDL_LIMIT;
}

void ValueBuild::put(const Value& value) {
  if (levels_.empty()) {
    root_ = value;
    return;
  }
  Level& level = levels_.back();
  (level.kind == Kind::Object ? level.values : level.items).add(value);
  level.has_key = false;
}

psdl_status ValueBuild::add(const Value& scalar, std::size_t bytes) {
  if (const psdl_status status = room(bytes); status != PSDL_OK) return status;
  bytes_ += bytes;
  put(scalar.with_origin(take_origin()));
  return PSDL_OK;
}

psdl_status ValueBuild::add_text(std::string_view text) {
  if (!is_utf8(text)) return PSDL_BAD_ARGUMENT;
  if (text.size() > Value::kMaxLength) return PSDL_LIMIT;
  if (const psdl_status status = room(text.size() + 2); status != PSDL_OK) return status;
  return add(Value::string(*place_.arena, text), text.size() + 2);
}

psdl_status ValueBuild::add_number(std::string_view text) {
  if (text.size() > place_.limits->number_bytes) return PSDL_LIMIT;
  if (!is_number_text(text)) return PSDL_BAD_ARGUMENT;
  if (const psdl_status status = room(text.size()); status != PSDL_OK) return status;
  const Value number = number_from_text(*place_.arena, text);
  return number.is_defined() ? add(number, text.size()) : PSDL_OUT_OF_RANGE;
}

psdl_status ValueBuild::add_double(double number) {
  if (const psdl_status status = room(1); status != PSDL_OK) return status;
  const Value made = number_from_double(*place_.arena, number);
  return made.is_defined() ? add(made, 1) : PSDL_OUT_OF_RANGE;
}

psdl_status ValueBuild::copy(const Value& from, std::size_t depth, std::uint32_t& origin, std::size_t& bytes,
                             Value& made) const {
  if (depth > place_.limits->data_nesting) return PSDL_LIMIT;
  bytes += 1 + (from.is_string() ? from.length() + 1 : 0);
  if (bytes > place_.most_bytes) return PSDL_LIMIT;
  const std::uint32_t own = place_.is_document ? origin++ : 0;
  const auto each = [&](std::span<const Value> items, ArrayBuilder& copies) {
    for (const Value& item : items) {
      Value one;
      if (const psdl_status status = copy(item, depth + 1, origin, bytes, one); status != PSDL_OK) return status;
      copies.add(one);
    }
    return psdl_status{PSDL_OK};
  };
  switch (from.kind()) {
    case Kind::Array: {
      ArrayBuilder items(*place_.arena, from.length());
      if (const psdl_status status = each(from.as_array(), items); status != PSDL_OK) return status;
      made = items.finish();
      break;
    }
    case Kind::Set: {
      if (place_.is_document) return PSDL_BAD_ARGUMENT;
      ArrayBuilder items(*place_.arena);
      if (const psdl_status status = each(from.as_set().items(), items); status != PSDL_OK) return status;
      made = SetBuilder(*place_.arena, false, items).finish();
      break;
    }
    case Kind::Object: {
      ObjectBuilder pairs(*place_.arena, place_.table);
      const Object& object = from.as_object();
      for (std::uint32_t i = 0; i < object.size(); ++i) {
        const Value& name = object.keys()[i];
        if (place_.is_document && !name.is_string()) return PSDL_BAD_ARGUMENT;
        const std::uint32_t at = origin;
        std::uint32_t none = origin;
        Value key;
        Value value;
        if (const psdl_status status = copy(name, depth + 1, none, bytes, key); status != PSDL_OK) return status;
        if (const psdl_status status = copy(object.values()[i], depth + 1, origin, bytes, value); status != PSDL_OK)
          return status;
        pairs.add(key.with_origin(place_.is_document ? at : 0), value);
      }
      made = pairs.finish();
      break;
    }
    default: made = copy_into(*place_.arena, from); break;
  }
  made = made.with_origin(own);
  return PSDL_OK;
}

psdl_status ValueBuild::add_copy(const Value& value) {
  if (const psdl_status status = room(1); status != PSDL_OK) return status;
  std::uint32_t origin = next_origin_;
  std::size_t bytes = bytes_;
  Value made;
  if (const psdl_status status = copy(value, levels_.size(), origin, bytes, made); status != PSDL_OK) return status;
  next_origin_ = origin;
  bytes_ = bytes;
  put(made);
  return PSDL_OK;
}

psdl_status ValueBuild::add_json(std::string_view text) {
  if (const psdl_status status = room(1); status != PSDL_OK) return status;
  if (text.size() > place_.most_bytes) return PSDL_LIMIT;
  Arena scratch;
  const Result<Value> read = read_value_json(scratch, text, ReadRules::kubernetes(), *place_.limits);
  if (!read) return read.error().code.starts_with("limit_") ? PSDL_LIMIT : PSDL_BAD_INPUT;
  return add_copy(*read);
}

psdl_status ValueBuild::key(std::string_view text) {
  if (place_.arena == nullptr || levels_.empty() || levels_.back().kind != Kind::Object || levels_.back().has_key ||
      !is_utf8(text))
    return PSDL_BAD_ARGUMENT;
  if (text.size() > Value::kMaxLength || text.size() + 3 > place_.most_bytes - bytes_) return PSDL_LIMIT;
  bytes_ += text.size() + 3;
  Level& level = levels_.back();
  level.items.add(Value::string(*place_.arena, text).with_origin(place_.is_document ? next_origin_ : 0));
  level.has_key = true;
  return PSDL_OK;
}

psdl_status ValueBuild::begin(Kind kind) {
  if (kind == Kind::Set && place_.is_document) return PSDL_BAD_ARGUMENT;
  if (const psdl_status status = room(2); status != PSDL_OK) return status;
  if (levels_.size() >= place_.limits->data_nesting) return PSDL_LIMIT;
  bytes_ += 2;
  levels_.push_back({kind, take_origin(), false, ArrayBuilder(*place_.arena), ArrayBuilder(*place_.arena)});
  return PSDL_OK;
}

psdl_status ValueBuild::end() {
  if (place_.arena == nullptr || levels_.empty() || levels_.back().has_key) return PSDL_BAD_ARGUMENT;
  Level& level = levels_.back();
  Value made;
  switch (level.kind) {
    case Kind::Object: {
      // Sorted in place, so that a key that is there twice stays so.
      ObjectBuilder pairs(*place_.arena, place_.table, level.items, level.values);
      made = pairs.finish(Duplicates::Report);
      if (!made.is_defined() || made.as_object().size() != level.items.size()) return PSDL_BAD_ARGUMENT;
      break;
    }
    case Kind::Set: made = SetBuilder(*place_.arena, false, level.items).finish(); break;
    default: made = level.items.finish(); break;
  }
  if (level.items.size() > Value::kMaxLength) return PSDL_LIMIT;
  made = made.with_origin(level.origin);
  levels_.pop_back();
  put(made);
  return PSDL_OK;
}

Document BuilderObject::document(std::string_view name) const {
  Document::Parts parts;
  parts.root = build.root();
  parts.first_origin = 1;
  parts.node_count = build.node_count();
  StreamPlace where;
  where.stream = name;
  return Document(nullptr, parts, keys, where);
}

namespace {

psdl_status make_builder(const PolicyObject& from, psdl_builder** out) {
  auto* const handle = reinterpret_cast<psdl_builder*>(make_handle<BuilderObject>(from.memory()));
  const psdl_status status = inside<BuilderObject>(handle, [&](BuilderObject& object) -> psdl_status {
    object.policy = from.policy.impl();
    object.keys = with_own_count(object.policy->keys());
    object.limits = object.policy->limits;
    object.place = {&object.arena, object.keys.get(), &object.limits, object.limits.object_bytes, true};
    object.build.start(object.place);
    return PSDL_OK;
  });
  if (status != PSDL_OK) {
    static_cast<void>(end_handle(HandleKind::Builder, handle));
    return status;
  }
  *out = handle;
  return PSDL_OK;
}

template <class F>
psdl_status build(psdl_builder* builder, F&& body) noexcept {
  return inside<BuilderObject>(builder, [&](BuilderObject& object) { return body(object.build); });
}

}  // namespace
}  // namespace psdl::capi

using namespace psdl;        // NOLINT: definitions of psdl.h
using namespace psdl::capi;  // NOLINT

extern "C" {

psdl_status psdl_builder_new(const psdl_policy* policy, psdl_builder** out) noexcept {
  if (out == nullptr) return PSDL_BAD_ARGUMENT;
  *out = nullptr;
  return with<PolicyObject>(policy, [&](const PolicyObject& from) { return make_builder(from, out); });
}

psdl_status psdl_builder_free(psdl_builder* builder) noexcept {
  // That of a call is not the host's to free.
  const psdl_status status =
      builder == nullptr ? PSDL_OK : inside<BuilderObject>(builder, [](const BuilderObject& object) -> psdl_status {
        return object.is_of_call ? PSDL_BAD_HANDLE : PSDL_OK;
      });
  return status == PSDL_OK ? end_handle(HandleKind::Builder, builder) : status;
}

psdl_status psdl_builder_reset(psdl_builder* builder) noexcept {
  return inside<BuilderObject>(builder, [](BuilderObject& object) -> psdl_status {
    if (!object.is_of_call) object.arena.reset();
    object.build.start(object.place);
    return PSDL_OK;
  });
}

psdl_status psdl_builder_null(psdl_builder* builder) noexcept {
  return build(builder, [](ValueBuild& made) { return made.add(Value::null(), 4); });
}

psdl_status psdl_builder_boolean(psdl_builder* builder, bool value) noexcept {
  return build(builder, [&](ValueBuild& made) { return made.add(Value::boolean(value), 4); });
}

psdl_status psdl_builder_int(psdl_builder* builder, int64_t value) noexcept {
  return build(builder, [&](ValueBuild& made) { return made.add(Value::integer(value), 1); });
}

psdl_status psdl_builder_double(psdl_builder* builder, double value) noexcept {
  return build(builder, [&](ValueBuild& made) { return made.add_double(value); });
}

psdl_status psdl_builder_number(psdl_builder* builder, const char* text, size_t text_len) noexcept {
  return build(builder, [&](ValueBuild& made) -> psdl_status {
    std::string_view number;
    return read_bytes(text, text_len, number) ? made.add_number(number) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_builder_string(psdl_builder* builder, const char* text, size_t text_len) noexcept {
  return build(builder, [&](ValueBuild& made) -> psdl_status {
    std::string_view string;
    return read_bytes(text, text_len, string) ? made.add_text(string) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_builder_begin_array(psdl_builder* builder) noexcept {
  return build(builder, [](ValueBuild& made) { return made.begin(Kind::Array); });
}

psdl_status psdl_builder_begin_object(psdl_builder* builder) noexcept {
  return build(builder, [](ValueBuild& made) { return made.begin(Kind::Object); });
}

psdl_status psdl_builder_begin_set(psdl_builder* builder) noexcept {
  return build(builder, [](ValueBuild& made) { return made.begin(Kind::Set); });
}

psdl_status psdl_builder_key(psdl_builder* builder, const char* text, size_t text_len) noexcept {
  return build(builder, [&](ValueBuild& made) -> psdl_status {
    std::string_view name;
    return read_bytes(text, text_len, name) ? made.key(name) : PSDL_BAD_ARGUMENT;
  });
}

psdl_status psdl_builder_end(psdl_builder* builder) noexcept {
  return build(builder, [](ValueBuild& made) { return made.end(); });
}

psdl_status psdl_builder_value(psdl_builder* builder, psdl_value value) noexcept {
  return build(builder, [&](ValueBuild& made) -> psdl_status {
    const UsedValue from(value);
    return from.status() == PSDL_OK ? made.add_copy(*from) : from.status();
  });
}

psdl_status psdl_builder_json(psdl_builder* builder, const char* text, size_t text_len) noexcept {
  return build(builder, [&](ValueBuild& made) -> psdl_status {
    std::string_view json;
    return read_bytes(text, text_len, json) ? made.add_json(json) : PSDL_BAD_ARGUMENT;
  });
}

}  // extern "C"
