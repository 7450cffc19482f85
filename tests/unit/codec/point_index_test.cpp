// Points by an index. In: texts of several strides, with lines of every length; out: what point_at() says at each byte.
#include <catch2/catch.hpp>

#include <string>

#include "codec/internal.hpp"
#include "codec/point_index.hpp"

using namespace psdl;

namespace {

bool is_same(const TextPoint& a, const TextPoint& b) {
  return a.offset == b.offset && a.line == b.line && a.column == b.column;
}

// Lines of `length` characters, each third of which takes three bytes.
std::string text_of(std::size_t length, std::size_t size) {
  std::string text;
  for (std::size_t i = 1; text.size() < size; ++i) {
    if (i % (length + 1) == 0) {
      text += '\n';
    } else if (i % 3 == 0) {
      text += "\u20ac";
    } else {
      text += 'a';
    }
  }
  return text;
}

void check_all(const std::string& text, const StreamPlace& place) {
  const codec::PointIndex index(text, place);
  std::size_t wrong = 0;
  for (std::size_t at = 0; at <= text.size() + 1; at += at % 1024 < 4 || at % 1024 > 1020 ? 1 : 7)
    wrong += !is_same(index.at(at), codec::point_at(text, place, at));
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("an index of points says what looking at the whole text says") {
  for (const std::size_t length : {0, 1, 80, 5'000, 100'000}) {
    for (const std::size_t size : {0, 1, 1'023, 1'024, 1'025, 20'000}) {
      INFO(length << " characters a line, " << size << " bytes");
      check_all(text_of(length, size), {"a.yaml", 0, 100, 7, 3, SIZE_MAX, {}});
    }
  }
}

TEST_CASE("an index of points goes on behind what was cut out") {
  const std::string text = text_of(80, 20'000);
  for (const std::size_t gap : {std::size_t{0}, std::size_t{1}, std::size_t{1'024}, std::size_t{1'030}, text.size()}) {
    INFO("cut out at " << gap);
    check_all(text, {"a.yaml", 0, 100, 7, 3, gap, {90'000, 1'000, 5}});
  }
}
