// What one policy, one document or one evaluation may use. Read alike by parser, codec, compiler and VM.
#pragma once

#include <cstddef>
#include <cstdint>

namespace psdl {

// Defaults are those of the command line. Reaching one is an error that names it (`limit_<field>`), never "undefined" and never "allowed".
// Sizes in bytes, times in nanoseconds, the rest are counts.
struct Limits {
  // Documents.
  std::size_t object_bytes = 3U * 1024 * 1024;              // one manifest, or one item of a list
  std::size_t stream_bytes = 1024ULL * 1024 * 1024;         // one input stream
  std::size_t stream_objects = 1'000'000;                   // objects in one stream
  std::uint32_t data_nesting = 128;                         // maps and lists inside each other
  std::uint32_t yaml_nodes = 500'000;                       // after alias expansion
  std::uint32_t number_bytes = 64;                          // a number literal in a document
  std::uint32_t number_digits = 1'024;                      // digits of a number that is computed or cast
  std::uint32_t number_exponent = 4'096;                    // its decimal exponent
  std::size_t data_bytes = 64U * 1024 * 1024;               // all data documents
  // Policies.
  std::size_t module_bytes = 1024U * 1024;
  std::uint32_t module_lines = 20'000;
  std::uint32_t line_bytes = 16U * 1024;
  std::uint32_t policy_nesting = 128;
  std::uint32_t modules = 1'000;
  std::uint32_t rules = 10'000;
  std::uint64_t parse_attempts_base = 100'000;              // rule attempts: base + per_byte * size
  std::uint64_t parse_attempts_per_byte = 200;
  // Evaluations.
  std::uint64_t instructions = 10'000'000;
  std::uint64_t time_ns = 10ULL * 1'000'000'000;
  std::uint32_t check_interval = 1'024;                     // instructions between two looks at the clock
  std::size_t memory_bytes = 256U * 1024 * 1024;
  std::uint32_t call_depth = 512;
  std::size_t string_bytes = 4U * 1024 * 1024;              // one computed string
  std::uint32_t collection_items = 1'000'000;
  std::uint32_t range_items = 1'000'000;                    // numbers.range
  std::uint32_t cidr_items = 65'536;                        // net.cidr_expand
  std::uint32_t format_width = 10'000;                      // width and precision in sprintf
  std::uint32_t shift_bits = 4'096;                         // bits.lsh
  std::uint32_t pattern_bytes = 4U * 1024;                  // a regex or glob pattern
  std::uint32_t regex_program = 10'000;                     // RE2 instructions
  std::uint64_t regex_work = 50'000'000;                    // program size times text length, per call
  std::uint32_t regex_cache = 256;                          // compiled patterns kept by an evaluator
};

}  // namespace psdl
