// Files and pipes to documents, one at a time. In: bytes in pieces; out: every document and every item of its lists,
// with its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "codec/document.hpp"
#include "codec/reader.hpp"

namespace psdl {

// Where bytes come from.
class ByteInput {
 public:
  virtual ~ByteInput() = default;
  // Fills up to `size` bytes; 0 at the end. -1 on failure: failure() says why then.
  [[nodiscard]] virtual std::ptrdiff_t read(char* bytes, std::size_t size) = 0;
  [[nodiscard]] virtual std::string failure() const { return {}; }
};

class MemoryInput final : public ByteInput {
 public:
  explicit MemoryInput(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::ptrdiff_t read(char* bytes, std::size_t size) override;

 private:
  std::string_view rest_;
};

// A file descriptor that stays the caller's, or a path that is opened and closed here.
class FileInput final : public ByteInput {
 public:
  explicit FileInput(int descriptor) : descriptor_(descriptor) {}
  explicit FileInput(const std::string& path);
  ~FileInput() override;
  FileInput(const FileInput&) = delete;
  FileInput& operator=(const FileInput&) = delete;
  [[nodiscard]] std::ptrdiff_t read(char* bytes, std::size_t size) override;
  [[nodiscard]] std::string failure() const override { return failure_; }

 private:
  int descriptor_ = -1;
  bool owns_ = false;
  std::string failure_;
};

// Auto: JSON where the name ends in `.json`; else a document that begins with `{` or `[` and is JSON is read as JSON,
// everything else as YAML. Both ways give the same values.
enum class StreamFormat : std::uint8_t { Auto, Json, Yaml };

struct StreamOptions {
  std::string name;  // shown in errors and findings
  StreamFormat format = StreamFormat::Auto;
  ReadRules rules = ReadRules::kubernetes();
  Limits limits;
  std::shared_ptr<const KeyTable> key_table;
  // Documents are manifests: `items` are given one by one, and a top-level key that is `kind`, `spec`, .. but for its
  // case is an error. Off: each document is one value, whatever it holds.
  bool manifests = true;
};

// Reads document by document; memory does not grow with their number.
//
//     DocumentStream stream(input, options);
//     for (;;) {
//       const DocumentStream::Step step = stream.next();
//       if (step.document != nullptr) ..   // valid until the next call of next()
//       else if (step.error != nullptr) ..  // one document is lost; later ones are still given
//       else break;
//     }
//     if (stream.object_count() == 0 && stream.error_count() == 0) .. "no object was checked"
//
// A list is given first, marked is_list(), then each of its items, to any depth; items of `XList` that name neither
// kind nor apiVersion get X and the list's version, as Kubernetes gives them. Empty documents (nothing, or only
// comments) are passed over.
class DocumentStream {
 public:
  struct Step {
    const Document* document = nullptr;
    const ReadError* error = nullptr;
  };

  DocumentStream(ByteInput& input, StreamOptions options);
  ~DocumentStream();
  DocumentStream(const DocumentStream&) = delete;
  DocumentStream& operator=(const DocumentStream&) = delete;

  [[nodiscard]] Step next();

  // Documents given so far that are objects (items included); what `null`, `[]` and "text" are not.
  [[nodiscard]] std::uint64_t object_count() const;
  // Documents so far, empty ones and items not counted.
  [[nodiscard]] std::uint32_t document_count() const;
  [[nodiscard]] std::uint64_t error_count() const;
  // Whether a second document follows or came before: then names carry #N. Known exactly once the stream has ended;
  // while the first document is being looked at it tells whether more text follows.
  [[nodiscard]] bool has_several() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace psdl
