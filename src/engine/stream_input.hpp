// A host's stream as the codec reads one. In: functions; out: a ByteInput.
#pragma once

#include "codec/stream.hpp"
#include "psdl/psdl.hpp"

namespace psdl {

class FunctionInput final : public ByteInput {
 public:
  explicit FunctionInput(const InputStream& stream) : stream_(stream) {}
  std::ptrdiff_t read(char* bytes, std::size_t size) override { return stream_.read(bytes, size); }
  std::string failure() const override { return "reading failed"; }
  bool keep(std::uint64_t offset, std::string_view recent) override {
    return stream_.keep && stream_.go_back && stream_.keep(offset, recent);
  }
  bool go_back(std::uint64_t offset) override { return stream_.go_back(offset); }

 private:
  const InputStream& stream_;
};

[[nodiscard]] inline StreamFormat stream_format(DocumentFormat format) {
  switch (format) {
    case DocumentFormat::Auto: return StreamFormat::Auto;
    case DocumentFormat::Json: return StreamFormat::Json;
    case DocumentFormat::Yaml: return StreamFormat::Yaml;
  }
  return StreamFormat::Auto;
}

}  // namespace psdl
