// A good image taken apart, to be put together again with one thing wrong and the right checksum.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bytecode/image.hpp"
#include "bytecode/image_rows.hpp"

namespace psdl::test {

template <class T>
T get(std::string_view bytes, std::size_t at) {
  std::uint64_t read = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) read |= std::uint64_t{static_cast<std::uint8_t>(bytes[at + i])} << (8 * i);
  return static_cast<T>(read);
}
template <class T>
void put(std::string& bytes, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<char>(static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i)));
}

// Where the table says that a section lies.
inline std::size_t entry_at(std::size_t section) { return kImageHeaderSize + section * kImageEntrySize; }

class ImageParts {
 public:
  explicit ImageParts(std::string_view image) : header_(image.substr(0, kImageHeaderSize)) {
    for (std::size_t i = 0; i < kImageSections; ++i) {
      sections_.emplace_back(image.substr(get<std::uint64_t>(image, entry_at(i) + 8), get<std::uint64_t>(image, entry_at(i) + 16)));
    }
  }

  std::string& section(std::string_view name) {
    for (std::size_t i = 0; i < kImageSections; ++i) {
      if (image_section_name(i) == name) return sections_[i];
    }
    return sections_.at(kImageSections);  // throws
  }

  // The rows of a section, changed.
  template <class T>
  void rows(std::string_view name, const std::function<void(std::vector<T>&)>& change) {
    std::string& bytes = section(name);
    ImageReader in(arena_->copy(bytes), *arena_, name);
    std::vector<T> all;
    fields(in, all);
    change(all);
    ImageWriter out;
    fields(out, all);
    bytes = out.bytes();
  }
  // The first instruction with this opcode, changed.
  void instruction(Op op, const std::function<void(Instruction&)>& change) {
    bool found = false;
    rows<Instruction>("Code", [&](std::vector<Instruction>& code) {
      for (Instruction& i : code) {
        if (i.op != op || found) continue;
        found = true;
        change(i);
      }
    });
    if (!found) sections_.at(kImageSections);  // throws
  }
  void function(std::string_view path, const std::function<void(Function&)>& change) {
    bool found = false;
    rows<Function>("Functions", [&](std::vector<Function>& functions) {
      for (Function& f : functions) {
        if (f.path != path || found) continue;
        found = true;
        change(f);
      }
    });
    if (!found) sections_.at(kImageSections);  // throws
  }

  [[nodiscard]] std::string joined() const {
    std::string image = header_;
    image.resize(kImageHeaderSize + kImageSections * kImageEntrySize);
    for (std::size_t i = 0; i < kImageSections; ++i) {
      put(image, entry_at(i), static_cast<std::uint32_t>(i + 1));
      put(image, entry_at(i) + 8, std::uint64_t{image.size()});
      put(image, entry_at(i) + 16, std::uint64_t{sections_[i].size()});
      image += sections_[i];
      image.resize((image.size() + kImageAlign - 1) / kImageAlign * kImageAlign);
    }
    put(image, kImageSizeAt, std::uint64_t{image.size()});
    seal_image(image);
    return image;
  }

 private:
  std::string header_;
  std::vector<std::string> sections_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
};

}  // namespace psdl::test
