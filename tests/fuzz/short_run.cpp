// A fuzz target without libFuzzer, for any compiler. In: -runs=N and folders of seeds; out: the target called with every seed, then N times with a seed
// that was changed a little. The same changes every time: what coverage finds is libFuzzer's to look for (README.md).
//
// Invariant: where the target dies, the input it died of is in `crash-input`.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr std::size_t kMostBytes = 16'384;
constexpr std::string_view kPieces[] = {
    "\n", "\n  ", ": ", "- ", "---\n", "&a ", "*a", "<<: *a", "!!str ", "\"", "'", "\\u0000", "\\ud800", "[", "]", "{", "}", ",", "null", "~", "1e999",
    "-0", "0x1F", "9223372036854775808", "\xEF\xBB\xBF", "\xC1\xA8", "\xE2\x80\xA8", "\r", std::string_view("\0", 1), "#", "`", "some x in ", "not ",
    " with input as ", "every x in xs { ", ":= ", "[x | ", "{x: y | ", "else := ", "import rego.v1\n", "input.", "data.", "sprintf(\"%d\", [1])"};

std::string current;

void keep_input() {
  const int file = open("crash-input", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) return;
  const char note[] = "the input is in crash-input\n";
  if (write(file, current.data(), current.size()) >= 0) static_cast<void>(!write(2, note, sizeof note - 1));
  close(file);
}

void call(std::string input) {
  current = std::move(input);
  static_cast<void>(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size()));
}

// SplitMix64: the changes are the same on every machine.
class Chance {
 public:
  std::uint64_t next() {
    state_ += 0x9E37'79B9'7F4A'7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31U);
  }
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_ = 1;
};

void change(std::string& text, const std::vector<std::string>& seeds, Chance& chance) {
  const std::size_t at = chance.below(text.size() + 1);
  const std::size_t length = std::min(chance.below(32) + 1, text.size() - at);
  switch (chance.below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(chance.next());
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << chance.below(8)));
      break;
    case 2: text.erase(at, length); break;
    case 3: text.insert(chance.below(text.size() + 1), text.substr(at, length)); break;
    case 4: text.insert(at, kPieces[chance.below(std::size(kPieces))]); break;
    default: {
      const std::string& other = seeds[chance.below(seeds.size())];
      const std::size_t from = chance.below(other.size() + 1);
      text.replace(at, length, other, from, chance.below(64) + 1);
      break;
    }
  }
  if (text.size() > kMostBytes) text.resize(kMostBytes);
}

std::vector<std::string> read_seeds(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t runs = 1000;
  std::vector<std::string> seeds;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("-runs=")) {
      std::from_chars(word.data() + 6, word.data() + word.size(), runs);
      continue;
    }
    std::error_code problem;
    if (!std::filesystem::is_directory(word, problem)) {
      std::fprintf(stderr, "no folder of seeds: %s\n", argv[i]);
      return 2;
    }
    const std::vector<std::string> more = read_seeds(word);
    seeds.insert(seeds.end(), more.begin(), more.end());
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s [-runs=N] SEEDS..\n", argv[0]);
    return 2;
  }
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_input);
  std::signal(SIGABRT, [](int) { keep_input(); });
  Chance chance;
  for (const std::string& seed : seeds) call(seed);
  for (std::size_t i = 0; i < runs; ++i) {
    std::string text = seeds[chance.below(seeds.size())];
    for (std::size_t changes = chance.below(6) + 1; changes > 0; --changes) change(text, seeds, chance);
    call(std::move(text));
  }
  std::printf("%zu seeds, %zu changed ones\n", seeds.size(), runs);
  return 0;
}
