# In: a target. Out: the same target, compiled with the headers that most files read, read once (PSDL_PCH).
#
#   psdl_precompiled(psdl_vm)              the standard library and fmt
#   psdl_precompiled(psdl PROGRAM)         the same for a program, whose code is placed in another way (-fPIE)
#   psdl_precompiled(unit_vm TESTS)        Catch2 too
#
# A quarter of the time of a build is reading these. No header of ours is among them: each change would build everything
# again. Sources still include what they use; a build with PSDL_PCH=OFF shows what is missing.

# Objects that go with programs alone.
function(psdl_place_as_program name)
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIE)
endfunction()

if(PSDL_PCH)
  foreach(name IN ITEMS psdl_pch psdl_program_pch)
    add_library(${name} OBJECT "${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp")
    target_link_libraries(${name} PRIVATE psdl_options third_party::fmt)
    target_precompile_headers(${name} PRIVATE
      <algorithm> <array> <charconv> <chrono> <cstdint> <cstring> <functional> <map> <memory> <optional> <set>
      <span> <string> <string_view> <tuple> <unordered_map> <unordered_set> <utility> <variant> <vector> <fmt/format.h>)
  endforeach()
  psdl_place_as_program(psdl_program_pch)
endif()

function(psdl_precompiled name)
  cmake_parse_arguments(ARG "TESTS;PROGRAM" "" "" ${ARGN})
  if(NOT PSDL_PCH)
    return()
  endif()
  if(ARG_TESTS)
    target_precompile_headers(${name} REUSE_FROM psdl_test_pch)
  elseif(ARG_PROGRAM)
    target_precompile_headers(${name} REUSE_FROM psdl_program_pch)
  else()
    target_precompile_headers(${name} REUSE_FROM psdl_pch)
  endif()
endfunction()
