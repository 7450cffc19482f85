// Loads pieces, forgets what was consumed, counts lines as it goes.
#include "codec/window.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/limit_names.hpp"
#include "codec/internal.hpp"

namespace psdl::codec {
namespace {

// How much is read at once: little at first, as most documents are small and what is not needed costs pages all the same.
constexpr std::size_t kFirstPiece = 16U * 1024;
constexpr std::size_t kPiece = 256U * 1024;

constexpr std::uint64_t kEachByte = 0x0101010101010101;

// How many bytes the text has of a kind. `of_eight` gives a 1 in each byte of eight that is of it.
template <class OfEight, class OfOne>
std::uint32_t count_bytes(std::string_view text, OfEight of_eight, OfOne of_one) {
  std::uint32_t count = 0;
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof(eight));
    count += static_cast<std::uint32_t>((of_eight(eight) * kEachByte) >> 56U);
    text.remove_prefix(sizeof(eight));
  }
  return count + static_cast<std::uint32_t>(std::count_if(text.begin(), text.end(), of_one));
}

// A column for each character: bytes that continue one, 10xxxxxx, are none.
std::uint32_t count_columns(std::string_view text) {
  const auto continue_one = [](std::uint64_t eight) { return (eight >> 7U) & (~eight >> 6U) & kEachByte; };
  const auto continues_one = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  return static_cast<std::uint32_t>(text.size()) - count_bytes(text, continue_one, continues_one);
}

std::uint32_t count_lines(std::string_view text) {
  constexpr std::uint64_t kLow = 0x7F * kEachByte;
  const auto are_ends = [](std::uint64_t eight) {
    const std::uint64_t other = eight ^ ('\n' * kEachByte);
    return ~(((other & kLow) + kLow) | other | kLow) >> 7U;
  };
  return count_bytes(text, are_ends, [](char c) { return c == '\n'; });
}

}  // namespace

bool is_marker(std::string_view text, std::size_t at) {
  if (text.substr(at, 3) != "---") return false;
  return at + 3 >= text.size() || text[at + 3] == ' ' || text[at + 3] == '\n' || text[at + 3] == '\r' ||
         text[at + 3] == '\t';
}

StreamWindow::StreamWindow(ByteInput& input, std::string_view name, std::uint64_t most_bytes)
    : input_(&input), most_bytes_(most_bytes) {
  restart(input, name);
}

void StreamWindow::restart(ByteInput& input, std::string_view name) {
  input_ = &input;
  name_ = name;
  buffer_.clear();
  is_whole_ = input.has_whole();
  text_ = is_whole_ ? input.whole().substr(0, most_bytes_) : std::string_view();
  begin_ = 0;
  text_at_ = 0;
  place_ = {};
  is_at_end_ = false;
  has_failed_ = false;
  is_held_ = false;
}

bool StreamWindow::load() {
  if (is_at_end_ || has_failed_) return false;
  if (is_whole_) {
    is_at_end_ = true;
    if (input_->whole().size() > most_bytes_)
      fail("limit_stream_bytes", fmt::format("stream of more bytes than {}, which is {}", limit_name("stream_bytes"), most_bytes_));
    return false;
  }
  const std::size_t kept = is_held_ ? static_cast<std::size_t>(mark_.offset - text_at_) : begin_;
  if (kept > kPiece && kept > buffer_.size() / 2) {
    buffer_.erase(0, kept);
    begin_ -= kept;
    text_at_ += kept;
  }
  const std::size_t size = buffer_.size();
  const auto piece = static_cast<std::size_t>(std::clamp<std::uint64_t>(text_at_ + size, kFirstPiece, kPiece));
  buffer_.resize(size + piece);
  const std::ptrdiff_t taken = input_->read(buffer_.data() + size, piece);
  buffer_.resize(size + static_cast<std::size_t>(std::max<std::ptrdiff_t>(taken, 0)));
  text_ = buffer_;
  if (taken < 0) {
    fail("read_failed", fmt::format("cannot read: {}", input_->failure()));
    return false;
  }
  if (taken == 0) {
    is_at_end_ = true;
    return false;
  }
  if (text_at_ + text_.size() > most_bytes_) {
    fail("limit_stream_bytes", fmt::format("stream of more bytes than {}, which is {}", limit_name("stream_bytes"), most_bytes_));
    return false;
  }
  return true;
}

void StreamWindow::consume(std::size_t size) {
  const std::string_view taken = rest().substr(0, size);
  place_.offset += taken.size();
  const std::uint32_t lines = count_lines(taken);
  if (lines == 0) {
    place_.column += count_columns(taken);
  } else {
    place_.line += lines;
    place_.column = 1 + count_columns(taken.substr(taken.rfind('\n') + 1));
  }
  begin_ += taken.size();
}

void StreamWindow::drop(std::size_t size) {
  begin_ += size;
  place_.offset += size;
}

void StreamWindow::set_mark() {
  mark_ = place_;
  is_held_ = !is_whole_ && !input_->keep(text_at_, text_);
}

bool StreamWindow::go_back() {
  has_failed_ = false;  // what was met beyond will be met again
  if (is_whole_ || is_held_) {
    begin_ = static_cast<std::size_t>(mark_.offset - text_at_);
  } else {
    if (!input_->go_back(mark_.offset)) {
      fail("read_failed", fmt::format("cannot read again: {}", input_->failure()));
      return false;
    }
    buffer_.clear();
    text_ = buffer_;
    text_at_ = mark_.offset;
    begin_ = 0;
    is_at_end_ = false;
  }
  if (is_whole_) is_at_end_ = false;
  is_held_ = false;
  place_ = mark_;
  return true;
}

void StreamWindow::fail(std::string_view code, std::string message) {
  has_failed_ = true;
  RawError raw;
  raw.code = code;
  raw.message = std::move(message);
  StreamPlace at = place_;
  at.stream = name_;
  error_ = make_read_error(std::move(raw), {}, at);
}

}  // namespace psdl::codec
