// A stretch of a stream that moves on. In: bytes in pieces; out: those that are looked at, and where they stand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/document.hpp"
#include "codec/stream.hpp"

namespace psdl::codec {

// `---`, then nothing, a blank or the line's end.
[[nodiscard]] bool is_marker(std::string_view text, std::size_t at);

// Holds what lies between the first byte that is not consumed and the last that was loaded. Offsets count from the
// first of them and stay good when more is loaded.
class StreamWindow {
 public:
  StreamWindow(ByteInput& input, std::string_view name, std::uint64_t most_bytes);
  // Another stream; the buffer stays.
  void restart(ByteInput& input, std::string_view name);

  [[nodiscard]] std::string_view rest() const { return text_.substr(begin_); }
  // Line, column and byte of the stream at which rest() begins.
  [[nodiscard]] const StreamPlace& place() const { return place_; }

  // Whether nothing stands behind the rest.
  [[nodiscard]] bool is_all_at_hand() const { return is_at_end_ || (is_whole_ && text_.size() <= most_bytes_); }

  // More bytes behind those at hand; false at the end and on failure.
  bool load();
  // Makes at least `size` bytes of the rest available where the stream has them.
  bool have(std::size_t size) {
    while (rest().size() < size) {
      if (!load()) return false;
    }
    return true;
  }
  void consume(std::size_t size);
  // Passes over bytes that are no text of the stream: a BOM.
  void drop(std::size_t size);

  // From here on bytes can be had again: by asking the input, or by holding on to them where it cannot go back.
  void set_mark();
  // Back to the mark, which is gone then. False where the input failed.
  bool go_back();

  // The stream cannot be read on.
  [[nodiscard]] bool has_failed() const { return has_failed_; }
  [[nodiscard]] const ReadError& error() const { return error_; }

 private:
  void fail(std::string_view code, std::string message);

  ByteInput* input_;
  std::string_view name_;
  std::uint64_t most_bytes_;
  std::string buffer_;        // unused where the input has the whole text at hand
  std::string_view text_;     // what is loaded
  std::size_t begin_ = 0;     // of the rest in it
  std::uint64_t text_at_ = 0;  // the byte of the stream at which text_ begins
  StreamPlace place_;
  bool is_whole_ = false;
  bool is_at_end_ = false;
  bool has_failed_ = false;
  bool is_held_ = false;  // bytes from the mark on stay in the buffer
  StreamPlace mark_;
  ReadError error_;
};

}  // namespace psdl::codec
