// A program as one block of bytes (docs/images.md). In: a Program and what the engine keeps beside it; out: an image, and back again: the same program,
// checked from the first byte to the last before anything of it can run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bytecode/program.hpp"

namespace psdl {

// What an image begins with. A transfer that treats it as text breaks it, as it does PNG's.
inline constexpr std::string_view kImageMagic = "\x7FPSDLC\r\n";
// Raised with every change of the format; docs/images.md has a line for each.
inline constexpr std::uint32_t kImageVersion = 1;
[[nodiscard]] inline bool is_image(std::string_view bytes) { return bytes.starts_with(kImageMagic); }

// What an image may hold; beyond it `image_limit`. They bound what loading costs, whatever the bytes say.
inline constexpr std::size_t kMaxImageBytes = 64U * 1024 * 1024;
inline constexpr std::size_t kMaxImageFunctions = 10'000;
inline constexpr std::size_t kMaxImageValues = 1'000'000;       // constants, what they hold counted
inline constexpr std::uint32_t kMaxImageNesting = 128;          // of constants
inline constexpr std::uint32_t kMaxImageFrame = 1U << 20;       // slots of a function, and values on its stack
inline constexpr std::uint32_t kMaxImageScopes = 4'096;         // iterators, builders or overlays open at once in one function
inline constexpr std::uint32_t kMaxImageKeyPath = 1'024;        // keys of one path below input or data
inline constexpr std::uint64_t kMaxImageWork = 1ULL << 28;      // steps of the walk back from reads of slots

// What the reader has under a builtin's name. No row: refused; `left_out` says why where PSDL knows the name and does not have it.
struct FoundBuiltin {
  const Builtin* row = nullptr;
  std::uint32_t arity = 0;
  std::string_view left_out = {};
};
using FindBuiltin = FoundBuiltin (*)(std::string_view name);

struct LoadedImage {
  std::shared_ptr<const Program> program;
  std::string policy;  // what write_image() was given; read by the engine
};

// The rule that a program breaks and where, with its code (docs/images.md lists them); nothing where it may run. verify() gives the same as text.
[[nodiscard]] std::optional<Error> find_fault(const Program& program);

// An error where the program is beyond what an image may hold, or does not pass the verifier.
[[nodiscard]] Result<std::string> write_image(const Program& program, std::string_view policy);
// Any bytes. The error's code is that of docs/images.md.
[[nodiscard]] Result<LoadedImage> read_image(std::string_view bytes, FindBuiltin find_builtin);

// Layout of the file, in bytes from its beginning:
//   0 magic 8 | 8 XXH3-128 of everything behind it 16 | 24 byte order mark 4 | 28 version 4 | 32 size of the file 8 | 40 sections 4 | 44 zero 4
//   48 for each section: its number from 1, 4 | zero 4 | offset 8 | size 8; then the sections in that order, each at a multiple of 8, zeros between
inline constexpr std::size_t kImageChecksumAt = 8;
inline constexpr std::size_t kImageChecksumSize = 16;
inline constexpr std::size_t kImageMarkAt = 24;
inline constexpr std::uint32_t kImageMark = 0x01020304;
inline constexpr std::size_t kImageVersionAt = 28;
inline constexpr std::size_t kImageSizeAt = 32;
inline constexpr std::size_t kImageCountAt = 40;
inline constexpr std::size_t kImageHeaderSize = 48;
inline constexpr std::size_t kImageEntrySize = 24;
inline constexpr std::size_t kImageAlign = 8;

// Those of image_sections.def and the engine's.
inline constexpr std::uint32_t kImageSections = 1
#define PSDL_SECTION(...) +1
#include "bytecode/image_sections.def"
#undef PSDL_SECTION
    ;
[[nodiscard]] std::string_view image_section_name(std::size_t section);
// What every text in an image is.
[[nodiscard]] bool is_utf8(std::string_view text);
// Of everything behind it; the image is at least that long.
[[nodiscard]] std::string image_checksum(std::string_view image);
// Puts the right checksum into an image whose bytes were changed: for tests and the fuzzer, which look behind it.
void seal_image(std::string& image);

}  // namespace psdl
