// The fields of every row that an image holds, once for writing and reading. A field added to Program stands here, or it is not in the image.
#pragma once

#include "bytecode/image.hpp"
#include "bytecode/image_io.hpp"
#include "bytecode/program.hpp"

namespace psdl {

template <>
inline constexpr std::uint8_t kImageChoices<FunctionKind> = 6;
template <>
inline constexpr std::uint8_t kImageChoices<OverlayTarget::Kind> = 3;
// Op has no bound here: an unknown one is the verifier's to name.
template <>
inline constexpr std::size_t kImageMostRows<Function> = kMaxImageFunctions;
template <>
inline constexpr std::size_t kImageMostRows<Value> = kMaxImageValues;

template <class Io>
void fields(Io& io, typename Io::template Row<Span>& span) {
  all(io, span.source, span.begin, span.end);
}
template <class Io>
void fields(Io& io, typename Io::template Row<Instruction>& i) {
  all(io, i.op, i.flags, i.a, i.b, i.c, i.fail);
}
template <class Io>
void fields(Io& io, typename Io::template Row<Path>& path) {
  all(io, path.begin, path.size);
}
// The number is that of the key table, which the reader looks up again.
template <class Io>
void fields(Io& io, typename Io::template Row<PathStep>& step) {
  all(io, step.name);
}
template <class Io>
void fields(Io& io, typename Io::template Row<ScanFilter>& filter) {
  all(io, filter.path, filter.slot, filter.constant);
}
template <class Io>
void fields(Io& io, typename Io::template Row<Function>& f) {
  all(io, f.path, f.kind, f.entry, f.end, f.arity, f.slots, f.max_stack, f.reads_overlaid, f.is_shadowable, f.data_path, f.dispatch, f.span, f.bodies);
}
// The row is looked up by name.
template <class Io>
void fields(Io& io, typename Io::template Row<BuiltinRef>& builtin) {
  all(io, builtin.name, builtin.arity);
}
template <class Io>
void fields(Io& io, typename Io::template Row<OverlayTarget>& target) {
  all(io, target.kind, target.path, target.mock, target.has_value, target.replacement_function, target.replacement_builtin);
}
template <class Io>
void fields(Io& io, typename Io::template Row<OverlaySpec>& overlay) {
  all(io, overlay.targets, overlay.value_count);
}
template <class Io>
void fields(Io& io, typename Io::template Row<MockEntry>& mock) {
  all(io, mock.function, mock.builtin);
}

template <class Io>
void fields(Io& io, typename Io::template Row<DispatchTable::Case>& one) {
  all(io, one.constant, one.begin, one.end);
}
// The buckets are made again.
template <class Io>
void fields(Io& io, typename Io::template Row<DispatchTable>& table) {
  all(io, table.cases, table.order, table.always, table.bodies);
}

// Bytes that are no text.
struct ImageBlob {
  std::string bytes;
};
template <class Io>
void fields(Io& io, typename Io::template Row<ImageBlob>& blob) {
  io.blob(blob.bytes);
}

// Tables that Program holds behind pointers, as the rows that they are made of.
struct SourceRow {
  std::string_view name;
  std::string_view text;
};
template <class Io>
void fields(Io& io, typename Io::template Row<SourceRow>& source) {
  all(io, source.name, source.text);
}

}  // namespace psdl
