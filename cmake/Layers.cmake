# In: a folder under src/. Out: its target. The DEPENDS of all layers are the map that scripts/check_layers compares with
# the `#include` lines.
#
#   psdl_layer(vm DEPENDS bytecode builtins)                    every .cpp and .hpp of the folder
#   psdl_layer(NAME SOURCES a.cpp HEADERS a.hpp DEPENDS ..)      these files alone
#
# LIBRARIES names third-party targets (third_party::re2); they stay private, as no header of ours shows them. EXCLUDE
# leaves files out of the collected ones: those that belong to a second target of the same folder.
#
# Sources are collected unless they are named: a builtin family, an optimiser pass or an output format is one file, and
# adding it should touch that file alone. CONFIGURE_DEPENDS makes ninja look again at each build.
function(psdl_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPENDS;LIBRARIES;EXCLUDE" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
    file(GLOB ARG_HEADERS CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.hpp")
  endif()
  foreach(file IN LISTS ARG_EXCLUDE)
    list(REMOVE_ITEM ARG_SOURCES "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
    list(REMOVE_ITEM ARG_HEADERS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()

  set(depends "")
  foreach(layer IN LISTS ARG_DEPENDS)
    list(APPEND depends psdl_${layer})
  endforeach()

  # A folder that holds headers alone is still a layer that others may name.
  if(ARG_SOURCES)
    add_library(psdl_${name} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(psdl_${name} PRIVATE psdl_options ${ARG_LIBRARIES})
    psdl_precompiled(psdl_${name})
  else()
    add_library(psdl_${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(psdl_${name} INTERFACE ${ARG_LIBRARIES})
  endif()
  target_include_directories(psdl_${name} ${scope} "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(psdl_${name} ${scope} ${depends})
  if(ARG_HEADERS)
    # A header set, so that `all_verify_interface_header_sets` compiles each header alone.
    target_sources(psdl_${name} ${scope} FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}/src" FILES ${ARG_HEADERS})
  endif()
endfunction()

# psdl_program(NAME [SOURCES ..] DEPENDS layer.. LIBRARIES ..): an executable of ours in the build directory.
function(psdl_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  endif()
  if(NOT ARG_SOURCES)
    message(STATUS "no sources in ${CMAKE_CURRENT_SOURCE_DIR}: ${name} is left out")
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(${name} PRIVATE psdl_options ${ARG_LIBRARIES})
  psdl_precompiled(${name} PROGRAM)
  foreach(layer IN LISTS ARG_DEPENDS)
    target_link_libraries(${name} PRIVATE psdl_${layer})
  endforeach()
  # The C++ runtime goes in: loading it was a third of a start. (A sanitizer's own runtime wants the shared one.)
  # Of libm it uses two functions that libc lacks; they come from the archive, which stands first so that it gives nothing
  # else. frexp and ldexp are in both: libc is asked before the driver's own -lm. So libm.so is not loaded, 0.1 ms.
  if(NOT PSDL_SANITIZER)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -Wl,-u,fegetround,-u,fesetround -l:libm.a)
    target_link_libraries(${name} PRIVATE -Wl,-lc)
  endif()
  if(PSDL_STATIC)
    # Without the two properties CMake takes to shared objects again behind an archive that is named alone.
    set_target_properties(${name} PROPERTIES LINK_SEARCH_START_STATIC ON LINK_SEARCH_END_STATIC ON)
    target_link_options(${name} PRIVATE -static)
  endif()
  target_link_options(${name} PRIVATE -Wl,--as-needed -Wl,--gc-sections)
endfunction()
