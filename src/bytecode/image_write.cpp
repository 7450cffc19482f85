// A program to an image. In: a Program that passes the verifier; out: bytes that depend on nothing but it.
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "bytecode/image.hpp"
#include "bytecode/image_rows.hpp"
#include "value/number.hpp"

namespace psdl {
namespace {

template <class T>
void section(ImageWriter& out, const T& rows) {
  fields(out, rows);
}
void section(ImageWriter& out, const std::vector<std::shared_ptr<const Source>>& sources) {
  std::vector<SourceRow> rows;
  for (const auto& source : sources) rows.push_back({source->name(), source->text()});
  fields(out, rows);
}
void section(ImageWriter& out, const std::shared_ptr<const KeyTable>& keys) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; keys != nullptr && i < keys->size(); ++i) names.push_back(keys->name(static_cast<KeyNumber>(i)));
  fields(out, names);
}

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<char>(static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i)));
}

}  // namespace

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    if (first < 0xC2 || first > 0xF4) return false;
    // The second byte rules out overlong forms, surrogates, and what is beyond U+10FFFF.
    const unsigned low = first == 0xE0 ? 0xA0U : first == 0xF0 ? 0x90U : 0x80U;
    const unsigned high = first == 0xED ? 0x9FU : first == 0xF4 ? 0x8FU : 0xBFU;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t k = 2; k <= more; ++k) {
      if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
    }
    i += more + 1;
  }
  return true;
}

void ImageWriter::text(std::string_view value) {
  if (!is_utf8(value)) refuse("image_utf8", "a text is no UTF-8");
  number(static_cast<std::uint32_t>(value.size()));
  out_ += value;
}

void ImageWriter::value_at(const Value& value, std::uint32_t depth) {
  if (fault_.has_value()) return;
  if (++values_ > kMaxImageValues) return refuse("image_limit", fmt::format("more than {} constants", kMaxImageValues));
  if (depth > kMaxImageNesting) return refuse("image_nesting", fmt::format("a constant is nested more than {} deep", kMaxImageNesting));
  number(static_cast<std::uint8_t>(value.tag()));
  switch (value.tag()) {
    case Tag::Undefined: return refuse("image_constant", "a constant has no value");
    case Tag::Null:
    case Tag::False:
    case Tag::True: return;
    case Tag::Int: return number(static_cast<std::uint64_t>(value.as_int()));
    case Tag::Decimal:
    case Tag::BigInt: {
      NumberBuffer buffer;
      return text(number_text(value, buffer));
    }
    case Tag::String: return text(value.as_string());
    case Tag::Array:
    case Tag::Set: {
      const std::span<const Value> items = value.is_array() ? value.as_array() : value.as_set().items();
      number(static_cast<std::uint32_t>(items.size()));
      for (const Value& item : items) value_at(item, depth + 1);
      return;
    }
    case Tag::Object: {
      const Object& object = value.as_object();
      number(object.size());
      for (const Value& key : object.keys()) value_at(key, depth + 1);
      for (const Value& each : object.values()) value_at(each, depth + 1);
      return;
    }
  }
}

std::string_view image_section_name(std::size_t at) {
  static constexpr std::string_view kNames[] = {
#define PSDL_SECTION(name, member, meaning) #name,
#include "bytecode/image_sections.def"
#undef PSDL_SECTION
      "Policy"};
  return at < std::size(kNames) ? kNames[at] : std::string_view();
}

std::string image_checksum(std::string_view image) {
  const std::string_view sealed = image.substr(kImageChecksumAt + kImageChecksumSize);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(sealed.data(), sealed.size()));
  return std::string(reinterpret_cast<const char*>(canonical.digest), kImageChecksumSize);
}

void seal_image(std::string& image) {
  if (image.size() >= kImageChecksumAt + kImageChecksumSize) image.replace(kImageChecksumAt, kImageChecksumSize, image_checksum(image));
}

Result<std::string> write_image(const Program& program, std::string_view policy) {
  if (std::optional<Error> fault = find_fault(program)) return *fault;
  if (program.functions.size() > kMaxImageFunctions) return Error{"image_limit", fmt::format("{} functions, an image holds at most {}", program.functions.size(), kMaxImageFunctions)};
  ImageWriter out;
  out.bytes().resize(kImageHeaderSize + kImageSections * kImageEntrySize);
  std::uint32_t number = 0;
  std::size_t begin = out.bytes().size();
  const auto end_section = [&] {
    std::string& bytes = out.bytes();
    const std::size_t entry = kImageHeaderSize + number * kImageEntrySize;
    put(bytes, entry, ++number);
    put(bytes, entry + 8, static_cast<std::uint64_t>(begin));
    put(bytes, entry + 16, static_cast<std::uint64_t>(bytes.size() - begin));
    bytes.resize((bytes.size() + kImageAlign - 1) / kImageAlign * kImageAlign);
    begin = bytes.size();
  };
#define PSDL_SECTION(name, member, meaning) \
  section(out, program.member);             \
  end_section();
#include "bytecode/image_sections.def"
#undef PSDL_SECTION
  out.bytes() += policy;
  end_section();
  if (out.fault().has_value()) return *out.fault();

  std::string bytes = std::move(out.bytes());
  if (bytes.size() > kMaxImageBytes) return Error{"image_limit", fmt::format("the image would have {} bytes, the most is {}", bytes.size(), kMaxImageBytes)};
  std::copy(kImageMagic.begin(), kImageMagic.end(), bytes.begin());
  put(bytes, kImageMarkAt, kImageMark);
  put(bytes, kImageVersionAt, kImageVersion);
  put(bytes, kImageSizeAt, static_cast<std::uint64_t>(bytes.size()));
  put(bytes, kImageCountAt, kImageSections);
  seal_image(bytes);
  return bytes;
}

}  // namespace psdl
