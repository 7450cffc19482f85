# In: Debian 12's packages. Out: one target a library, `third_party::NAME`; a layer names those it uses.
# The archive is taken where Debian ships one: a shared object costs relocations at every start.
find_package(Threads REQUIRED)
find_package(pegtl 3.2 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(OpenSSL 3 REQUIRED)

# psdl_third_party(name ARCHIVE|LOADED|HEADERS library header [LINK more..])
# LOADED: Debian has the shared object only; a layer opens it when it needs it, by the name in PSDL_<NAME>_SONAME. Where an
# archive is named (PSDL_SIMDJSON_ARCHIVE), that is linked, and there is no such name.
function(psdl_third_party name kind library header)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  string(TOUPPER "${name}" upper_name)
  add_library(third_party_${name} INTERFACE)
  add_library(third_party::${name} ALIAS third_party_${name})
  find_path(PSDL_${name}_INCLUDE NAMES ${header} REQUIRED)
  if(NOT kind STREQUAL "HEADERS")
    if(kind STREQUAL "ARCHIVE")
      find_library(PSDL_${name}_LIBRARY NAMES lib${library}.a ${library} REQUIRED)
      target_link_libraries(third_party_${name} INTERFACE ${PSDL_${name}_LIBRARY} ${ARG_LINK})
    elseif(PSDL_${upper_name}_ARCHIVE)
      target_link_libraries(third_party_${name} INTERFACE "${PSDL_${upper_name}_ARCHIVE}")
    else()
      find_library(PSDL_${name}_LIBRARY NAMES ${library} REQUIRED)
      execute_process(COMMAND "${CMAKE_OBJDUMP}" -p "${PSDL_${name}_LIBRARY}" OUTPUT_VARIABLE headers COMMAND_ERROR_IS_FATAL ANY)
      if(NOT headers MATCHES "SONAME +([^ \n]+)")
        message(FATAL_ERROR "${PSDL_${name}_LIBRARY} has no SONAME")
      endif()
      target_compile_definitions(third_party_${name} INTERFACE "PSDL_${upper_name}_SONAME=\"${CMAKE_MATCH_1}\"")
      set(PSDL_${upper_name}_SONAME "${CMAKE_MATCH_1}" PARENT_SCOPE)
      target_link_libraries(third_party_${name} INTERFACE ${CMAKE_DL_LIBS} ${ARG_LINK})
    endif()
  endif()
endfunction()

psdl_third_party(re2 ARCHIVE re2 re2/re2.h LINK Threads::Threads)
psdl_third_party(yaml ARCHIVE yaml yaml.h)
psdl_third_party(xxhash ARCHIVE xxhash xxhash.h)
psdl_third_party(utf8proc ARCHIVE utf8proc utf8proc.h)
psdl_third_party(crypto ARCHIVE crypto openssl/sha.h LINK Threads::Threads ${CMAKE_DL_LIBS})
# The archive calls for what Debian's shared object has linked.
psdl_third_party(edit ARCHIVE edit histedit.h LINK libtinfo.a libbsd.a libmd.a)
psdl_third_party(simdjson LOADED simdjson simdjson.h)
psdl_third_party(rapidcheck ARCHIVE rapidcheck rapidcheck.h)
psdl_third_party(multiprecision HEADERS - boost/multiprecision/cpp_int.hpp)

# g++ 12 takes Boost's small-integer storage for unread memory once it is inlined at -O2.
target_compile_options(third_party_multiprecision INTERFACE -Wno-maybe-uninitialized)
target_compile_definitions(third_party_utf8proc INTERFACE UTF8PROC_STATIC)

foreach(pair IN ITEMS pegtl=taocpp::pegtl nlohmann_json=nlohmann_json::nlohmann_json cli11=CLI11::CLI11)
  string(REPLACE "=" ";" pair "${pair}")
  list(GET pair 0 name)
  list(GET pair 1 target)
  add_library(third_party_${name} INTERFACE)
  add_library(third_party::${name} ALIAS third_party_${name})
  target_link_libraries(third_party_${name} INTERFACE ${target})
endforeach()

# Debian ships fmt as a shared object and as headers. One file instantiates the headers into an archive of
# ours, so that the others compile as fast as with the shared object and nothing is loaded at start.
add_library(third_party_fmt STATIC "${CMAKE_CURRENT_LIST_DIR}/fmt_archive.cpp")
add_library(third_party::fmt ALIAS third_party_fmt)
