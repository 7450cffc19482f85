# In: what cmake/Install.cmake installs. Out: `cpack`: psdl_VERSION_ARCH.deb, libpsdl1_VERSION_ARCH.deb,
# libpsdl-dev_VERSION_ARCH.deb and a tar.gz of all.
#
# SOURCE_DATE_EPOCH is the time that files in the packages have; two packings of one build are then the same bytes.
set(CPACK_PACKAGE_NAME psdl)
set(CPACK_PACKAGE_VENDOR "PSDL")
set(CPACK_PACKAGE_CONTACT "the PSDL authors <psdl@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "policies over Kubernetes manifests, with the line that is wrong")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library development)
set(CPACK_OUTPUT_FILE_PREFIX "${PROJECT_BINARY_DIR}/packages")
# The time of the files inside.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/set_file_times.cmake")

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME psdl)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION admin)
# Debian's first line is the summary.
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
"Reads rules in Rego's language, compiles them to bytecode, runs them over YAML
or JSON, and points at the line of the manifest that is wrong.")
# It is opened when JSON is read, so nothing in the program tells of it.
if(PSDL_SIMDJSON_SONAME MATCHES "so\\.([0-9]+)$")
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "libsimdjson${CMAKE_MATCH_1}")
endif()
# The number is that of the ABI, as in the library's own name.
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libpsdl1)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION "The shared library of psdl.h, for hosts in any language.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "${CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS}")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libpsdl-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"Headers and archives: the engine for programs of others, a policy compiled once
and documents judged by it.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libpsdl1 (= ${PROJECT_VERSION}), libre2-dev, libyaml-dev, libxxhash-dev, libutf8proc-dev, libssl-dev, libsimdjson-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "nlohmann-json3-dev")  # of psdl/json.hpp alone
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
