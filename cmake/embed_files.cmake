# Run by psdl_embed at build time. In: DIRECTORY/OUT.list, a path a line. Out: DIRECTORY/OUT.hpp and .cpp.
# Bytes are written as numbers: a string literal has a length limit and its own escapes.
file(STRINGS "${DIRECTORY}/${OUT}.list" paths)
set(arrays "")
set(rows "")
set(index 0)
foreach(path IN LISTS paths)
  file(READ "${path}" hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR size "${digits} / 2")
  # A line break every 32 bytes; one NUL more, so that an empty file is an array too.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "alignas(8) constexpr unsigned char kFile${index}[] = {${bytes}0};\n")
  file(RELATIVE_PATH name "${BASE}" "${path}")
  string(APPEND rows "      {\"${name}\", view(kFile${index}, ${size})},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE "${DIRECTORY}/${OUT}.hpp" "// Made by cmake/embed_files.cmake. Out: the embedded files, name and bytes.
#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace psdl::embedded {
std::span<const std::pair<std::string_view, std::string_view>> ${OUT}();
}  // namespace psdl::embedded
")
file(WRITE "${DIRECTORY}/${OUT}.cpp" "// Made by cmake/embed_files.cmake.
#include \"embedded/${OUT}.hpp\"

#include <array>
#include <cstddef>

namespace psdl::embedded {
namespace {
${arrays}
[[maybe_unused]] std::string_view view(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> ${OUT}() {
  static const std::array<std::pair<std::string_view, std::string_view>, ${index}> files{{
${rows}  }};
  return files;
}
}  // namespace psdl::embedded
")
