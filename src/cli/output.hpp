// Payload on its way out. In: text; out: bytes on standard output or in a file, and whether they all arrived.
#pragma once

#include <string>
#include <string_view>

namespace psdl::cli {

// A line on standard error: "psdl: text".
void complain(std::string_view text);
// Text on standard error as it is.
void tell(std::string_view text);

// Buffers, writes without stdio, and remembers the first failure: a full disk or a closed pipe must not end in exit
// code 0.
class Output {
 public:
  Output() = default;                  // standard output
  enum class Mode : bool { Replace, Append };
  explicit Output(std::string path, Mode mode = Mode::Replace);  // a file, made at once
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // False where the file could not be made; finish() says why.
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  void write(std::string_view text);
  void flush();
  // Flushes; false, with a message on standard error, where something was lost.
  [[nodiscard]] bool finish();

 private:
  void put(std::string_view text);

  std::string path_;
  std::string buffer_;
  int descriptor_ = 1;
  int failure_ = 0;  // errno
  bool is_closed_ = false;
};

}  // namespace psdl::cli
