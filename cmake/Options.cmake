# In: cache options. Out: `psdl_options`, the flags that every target of ours is compiled with (and no one else's).
option(PSDL_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
option(PSDL_ASAN "Build with AddressSanitizer and UndefinedBehaviorSanitizer" OFF)
option(PSDL_TSAN "Build with ThreadSanitizer" OFF)
option(PSDL_PCH "Read the standard library and fmt once, as a precompiled header; OFF leaves the files to ccache" ON)
option(PSDL_BUILD_BENCH "Build the benchmarks when bench/ is there" ${PROJECT_IS_TOP_LEVEL})
option(PSDL_INSTALL "Say what is installed, and where" ${PROJECT_IS_TOP_LEVEL})
option(PSDL_STATIC "Link programs statically; scripts/static builds what Debian lacks for it" OFF)
option(PSDL_FUZZ "Build the targets of tests/fuzz, and everything with libFuzzer's coverage; needs clang" OFF)

add_library(psdl_options INTERFACE)
target_compile_options(psdl_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(PSDL_WERROR)
  target_compile_options(psdl_options INTERFACE -Werror)
endif()
if(PSDL_PCH)
  # g++ 12 does not know any more which code of a precompiled header is the library's, and warns of its std::string
  # (GCC bug 105329 and its like). A build without one keeps these warnings.
  target_compile_options(psdl_options INTERFACE -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-restrict)
endif()
target_compile_definitions(psdl_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(PSDL_ASAN)
  # Every report ends the program, so that a test cannot pass over one. `null` is left to AddressSanitizer, which ends at a
  # null read with the same place; it and `vptr` (no class here is cast down) are a tenth of the compiler's time.
  target_compile_options(psdl_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize=null,vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(psdl_options INTERFACE -fsanitize=address,undefined)
  # UBSan's tables of places hold two million pointers, which a program that may be loaded anywhere corrects at every start:
  # two thirds of its time, and the tests start it thousands of times.
  target_link_options(psdl_options INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-no-pie>)
endif()

if(PSDL_TSAN)
  # A program with a report ends with status 66.
  target_compile_options(psdl_options INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(psdl_options INTERFACE -fsanitize=thread)
endif()

if(PSDL_FUZZ)
  target_compile_options(psdl_options INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(psdl_options INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr)
endif()

# What a library of ours that programs load must be linked with: a sanitizer's functions are the program's.
set(PSDL_SANITIZER "")
if(PSDL_ASAN OR PSDL_FUZZ)
  set(PSDL_SANITIZER address,undefined)
elseif(PSDL_TSAN)
  set(PSDL_SANITIZER thread)
endif()
