# In: the targets. Out: what `cmake --install` puts where, and how `cpack` packs it.
#
# Components: `program` (psdl, its pages, completions, documentation) and `development` (headers, the engine's archive,
# what find_package and pkg-config read).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The layers as one archive, which hosts link: psdl::engine, here and where it is installed.
add_library(psdl_engine_archive STATIC)
add_library(psdl::engine ALIAS psdl_engine_archive)
foreach(layer IN LISTS PSDL_LAYERS ITEMS builtins_documents)
  if(NOT TARGET psdl_${layer} OR layer MATCHES "^(cli|repl|capi)$")
    continue()
  endif()
  get_target_property(kind psdl_${layer} TYPE)
  if(kind STREQUAL "STATIC_LIBRARY")
    target_sources(psdl_engine_archive PRIVATE $<TARGET_OBJECTS:psdl_${layer}>)
  endif()
endforeach()
target_sources(psdl_engine_archive PRIVATE $<TARGET_OBJECTS:third_party_fmt>)
set_target_properties(psdl_engine_archive PROPERTIES OUTPUT_NAME psdl-engine EXPORT_NAME engine LINKER_LANGUAGE CXX)
target_compile_features(psdl_engine_archive INTERFACE cxx_std_20)
target_include_directories(psdl_engine_archive INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
foreach(library IN ITEMS re2 yaml xxhash utf8proc crypto simdjson)
  target_link_libraries(psdl_engine_archive INTERFACE $<BUILD_INTERFACE:third_party::${library}>)
endforeach()
# As in src/builtins: the registry refers to these weakly, which takes nothing out of an archive.
set(needed "-Wl,--undefined=_ZN4psdl17document_builtinsEv")
set(libraries re2 yaml xxhash utf8proc crypto)
target_link_options(psdl_engine_archive INTERFACE "${needed}")
target_link_libraries(psdl_engine_archive INTERFACE $<INSTALL_INTERFACE:${libraries};Threads::Threads;${CMAKE_DL_LIBS}>)
list(TRANSFORM libraries PREPEND "-l" OUTPUT_VARIABLE flags)
list(JOIN flags " " flags)
set(PSDL_ENGINE_LINK_FLAGS "${needed} ${flags} -pthread")
# psdl::static goes with what it calls where it is installed too.
target_link_options(psdl_static INTERFACE "${needed}")
target_link_libraries(psdl_static INTERFACE $<INSTALL_INTERFACE:${libraries};Threads::Threads;${CMAKE_DL_LIBS}>)

if(NOT PSDL_INSTALL)
  return()
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/psdl" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
# The engine's archive for hosts in C++, and psdl.h's library, shared and as an archive, for all others.
install(TARGETS psdl_engine_archive psdl_shared psdl_static EXPORT psdl-targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
set(config_folder "${CMAKE_INSTALL_LIBDIR}/cmake/psdl")
install(EXPORT psdl-targets NAMESPACE psdl:: DESTINATION "${config_folder}" COMPONENT development)
configure_package_config_file("${PROJECT_SOURCE_DIR}/packaging/psdl-config.cmake.in" "${PROJECT_BINARY_DIR}/psdl-config.cmake"
  INSTALL_DESTINATION "${config_folder}")
# Before 1.0 a minor version may break.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/psdl-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/psdl-config.cmake" "${PROJECT_BINARY_DIR}/psdl-config-version.cmake"
  DESTINATION "${config_folder}" COMPONENT development)

# psdl_install_pkg_config(NAME): packaging/NAME.pc.in. Its prefix is told from where the file stands: packages and `cmake --install
# --prefix` choose one after this is read.
file(RELATIVE_PATH PSDL_PREFIX_FROM_PKG_CONFIG "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
function(psdl_install_pkg_config name)
  configure_file("${PROJECT_SOURCE_DIR}/packaging/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
endfunction()
psdl_install_pkg_config(psdl-engine)
psdl_install_pkg_config(psdl)

if(NOT TARGET psdl)
  return()
endif()

# Pages and completions are what the program prints of itself.
set(pages "${PROJECT_BINARY_DIR}/pages")
add_custom_command(
  OUTPUT "${pages}/made"
  COMMAND "${CMAKE_COMMAND}" -E rm -rf "${pages}"
  COMMAND psdl man --dir "${pages}/man1"
  COMMAND psdl completion bash > "${pages}/psdl"
  COMMAND psdl completion zsh > "${pages}/_psdl"
  COMMAND psdl completion fish > "${pages}/psdl.fish"
  COMMAND gzip -9n "${pages}/man1/*.1"
  COMMAND gzip -9cn "${PROJECT_SOURCE_DIR}/CHANGELOG.md" > "${pages}/changelog.gz"
  COMMAND "${CMAKE_COMMAND}" -E touch "${pages}/made"
  DEPENDS psdl "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  COMMENT "print manual pages and completions")
add_custom_target(psdl_pages ALL DEPENDS "${pages}/made")

install(TARGETS psdl RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT program)
install(DIRECTORY "${pages}/man1" DESTINATION "${CMAKE_INSTALL_MANDIR}" COMPONENT program)
install(FILES "${pages}/psdl" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT program)
install(FILES "${pages}/psdl.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT program)
# Debian's zsh looks into site-functions below /usr/local alone.
install(CODE "
  set(folder site-functions)
  if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\")
    set(folder vendor-completions)
  endif()
  file(INSTALL \"${pages}/_psdl\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${folder}\")"
  COMPONENT program)
set(document_folder "${CMAKE_INSTALL_DATADIR}/doc/psdl")
install(FILES README.md "${pages}/changelog.gz" packaging/copyright DESTINATION "${document_folder}" COMPONENT program)
install(FILES LICENSE DESTINATION "${document_folder}" COMPONENT program)
install(DIRECTORY docs DESTINATION "${document_folder}" COMPONENT program PATTERN "*.md" PATTERN "*.json")
install(DIRECTORY examples rules DESTINATION "${document_folder}" COMPONENT program)

include(Packages)
