# In: files. Out: a header and a source that hold their bytes, compiled into a target.
#
#   psdl_embed(TARGET psdl_engine OUT stdlib_files BASE ${PROJECT_SOURCE_DIR}/stdlib FILES a.psdl b/c.psdl)
#
# generates `embedded/stdlib_files.hpp` (on the target's include path) with
#
#   namespace psdl::embedded {
#   std::span<const std::pair<std::string_view, std::string_view>> stdlib_files();  // name, bytes; in the order given
#   }
#
# Names are the paths relative to BASE (default: the calling folder). The bytes live as long as the program. The files are
# read when they change, at build time.
function(psdl_embed)
  cmake_parse_arguments(ARG "" "TARGET;OUT;BASE" "FILES" ${ARGN})
  if(NOT ARG_BASE)
    set(ARG_BASE "${CMAKE_CURRENT_SOURCE_DIR}")
  endif()
  set(paths "")
  foreach(file IN LISTS ARG_FILES)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${ARG_BASE}" NORMALIZE)
    list(APPEND paths "${file}")
  endforeach()
  set(directory "${CMAKE_CURRENT_BINARY_DIR}/embed_${ARG_OUT}/embedded")
  # The list goes through a file: a set such as the time zones is longer than a command line.
  string(REPLACE ";" "\n" listing "${paths}")
  file(CONFIGURE OUTPUT "${directory}/${ARG_OUT}.list" CONTENT "${listing}\n" @ONLY)
  add_custom_command(
    OUTPUT "${directory}/${ARG_OUT}.cpp" "${directory}/${ARG_OUT}.hpp"
    COMMAND "${CMAKE_COMMAND}" "-DOUT=${ARG_OUT}" "-DBASE=${ARG_BASE}" "-DDIRECTORY=${directory}"
      -P "${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake"
    DEPENDS ${paths} "${directory}/${ARG_OUT}.list" "${PROJECT_SOURCE_DIR}/cmake/embed_files.cmake"
    COMMENT "embed ${ARG_OUT}"
    VERBATIM)
  target_sources(${ARG_TARGET} PRIVATE "${directory}/${ARG_OUT}.cpp" "${directory}/${ARG_OUT}.hpp")
  target_include_directories(${ARG_TARGET} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/embed_${ARG_OUT}")
endfunction()
