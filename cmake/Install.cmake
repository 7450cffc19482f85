# In: the targets. Out: what `cmake --install` puts where, and how `cpack` packs it.
#
# Components: `program` (psdl, its pages, completions, documentation), `library` (the shared library of psdl.h) and
# `development` (headers, archives, what find_package and pkg-config read).
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The layers as one archive, psdl::static: psdl.h and psdl.hpp for hosts that link by a C++ compiler, here and where it is
# installed. psdl::engine is the same, with the C++ that psdl.hpp wants.
add_library(psdl_static STATIC $<TARGET_OBJECTS:third_party_fmt>)
add_library(psdl::static ALIAS psdl_static)
foreach(layer IN LISTS PSDL_LAYERS ITEMS builtins_documents)
  if(NOT TARGET psdl_${layer} OR layer MATCHES "^(cli|repl)$")
    continue()
  endif()
  get_target_property(kind psdl_${layer} TYPE)
  if(kind STREQUAL "STATIC_LIBRARY")
    target_sources(psdl_static PRIVATE $<TARGET_OBJECTS:psdl_${layer}>)
  endif()
endforeach()
set_target_properties(psdl_static PROPERTIES OUTPUT_NAME psdl EXPORT_NAME static LINKER_LANGUAGE CXX)

add_library(psdl_engine_interface INTERFACE)
add_library(psdl::engine ALIAS psdl_engine_interface)
set_target_properties(psdl_engine_interface PROPERTIES EXPORT_NAME engine)
target_compile_features(psdl_engine_interface INTERFACE cxx_std_20)
target_link_libraries(psdl_engine_interface INTERFACE psdl_static)

# The machine alone, psdl::vm: psdl/vm.hpp for hosts that load program images, with neither parser nor compiler in it.
add_library(psdl_vm_archive STATIC $<TARGET_OBJECTS:third_party_fmt>)
add_library(psdl::vm ALIAS psdl_vm_archive)
foreach(layer IN ITEMS base value codec bytecode builtins builtins_documents vm runtime)
  target_sources(psdl_vm_archive PRIVATE $<TARGET_OBJECTS:psdl_${layer}>)
endforeach()
set_target_properties(psdl_vm_archive PROPERTIES OUTPUT_NAME psdl-vm EXPORT_NAME vm LINKER_LANGUAGE CXX)
target_compile_features(psdl_vm_archive INTERFACE cxx_std_20)

# What programs link beside an archive of ours, here and where it is installed.
set(libraries re2 yaml xxhash utf8proc crypto)
# As in src/builtins: the registry refers to these weakly, which takes nothing out of an archive.
set(needed "-Wl,--undefined=_ZN4psdl17document_builtinsEv")
foreach(archive IN ITEMS psdl_static psdl_vm_archive)
  target_include_directories(${archive} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  foreach(library IN LISTS libraries ITEMS simdjson)
    target_link_libraries(${archive} INTERFACE $<BUILD_INTERFACE:third_party::${library}>)
  endforeach()
  target_link_options(${archive} INTERFACE "${needed}")
  target_link_libraries(${archive} INTERFACE $<INSTALL_INTERFACE:${libraries};Threads::Threads;${CMAKE_DL_LIBS}>)
endforeach()
list(TRANSFORM libraries PREPEND "-l" OUTPUT_VARIABLE flags)
list(JOIN flags " " flags)
set(PSDL_ENGINE_LINK_FLAGS "${needed} ${flags} -pthread")

if(NOT PSDL_INSTALL)
  return()
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/psdl" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development
  FILES_MATCHING PATTERN "*.hpp" PATTERN "*.h")
install(TARGETS psdl_static psdl_engine_interface psdl_vm_archive psdl_shared EXPORT psdl-targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT library NAMELINK_COMPONENT development)
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
psdl_install_pkg_config(psdl-vm)

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
install(FILES packaging/copyright DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libpsdl1" COMPONENT library)
install(FILES packaging/copyright DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libpsdl-dev" COMPONENT development)
install(FILES LICENSE DESTINATION "${document_folder}" COMPONENT program)
install(DIRECTORY docs DESTINATION "${document_folder}" COMPONENT program PATTERN "*.md" PATTERN "*.json")
install(DIRECTORY examples rules DESTINATION "${document_folder}" COMPONENT program)

include(Packages)
