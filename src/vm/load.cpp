// Images with the builtins that this build has.
#include "vm/load.hpp"

#include "builtins/registry.hpp"

namespace psdl {
namespace {

FoundBuiltin known_builtin(std::string_view name) {
  if (const Builtin* row = find_builtin(name)) return {row, row->signature.arity, {}};
  if (const MissingBuiltin* missing = find_missing_builtin(name)) return {nullptr, 0, missing->reason};
  return {};
}

}  // namespace

Result<LoadedImage> load_program(std::string_view bytes) { return read_image(bytes, known_builtin); }

}  // namespace psdl
