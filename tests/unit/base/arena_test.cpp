// The bump allocator: alignment, reuse after reset, the soft limit.
#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "base/arena.hpp"

using namespace psdl;

TEST_CASE("pieces are aligned, apart and keep what is written to them") {
  Arena arena;
  std::vector<std::pair<unsigned char*, std::size_t>> pieces;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::size_t size = i * 37 % 500;
    const std::size_t align = std::size_t{1} << (i % 7);
    auto* bytes = static_cast<unsigned char*>(arena.allocate(size, align));
    REQUIRE(bytes != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(bytes) % align == 0);
    std::memset(bytes, static_cast<int>(i % 251), size);
    pieces.emplace_back(bytes, size);
  }
  bool is_intact = true;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t k = 0; k < pieces[i].second; ++k) is_intact = is_intact && pieces[i].first[k] == i % 251;
  }
  CHECK(is_intact);
}

TEST_CASE("a piece larger than any chunk is given") {
  Arena arena;
  auto* bytes = arena.allocate_array<std::uint64_t>(3'000'000);
  bytes[0] = 1;
  bytes[2'999'999] = 2;
  CHECK(arena.used_bytes() >= 24'000'000);
}

TEST_CASE("reset gives the same memory again and asks for no more") {
  Arena arena;
  void* first = arena.allocate(100);
  for (int i = 0; i < 100; ++i) static_cast<void>(arena.allocate(1000));
  const std::size_t used = arena.used_bytes();
  arena.reset();
  CHECK(arena.used_bytes() == 0);
  CHECK(arena.allocate(100) == first);
  for (int i = 0; i < 100; ++i) static_cast<void>(arena.allocate(1000));
  CHECK(arena.used_bytes() == used);
}

TEST_CASE("the limit is told, not enforced") {
  Arena arena(64 * 1024);
  CHECK(arena.may_take(60'000));
  CHECK_FALSE(arena.may_take(70'000));
  CHECK_FALSE(arena.over_limit());
  CHECK(arena.allocate(200'000) != nullptr);
  CHECK(arena.over_limit());
  CHECK_FALSE(arena.may_take(1));
}

TEST_CASE("a copied text does not need its source") {
  Arena arena;
  std::string_view copy;
  {
    const std::string text(50, 'x');
    copy = arena.copy(text);
  }
  CHECK(copy == std::string(50, 'x'));
  CHECK(arena.copy("").empty());
}
