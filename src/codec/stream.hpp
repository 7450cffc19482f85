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

  // An input that has all its bytes in memory shows them, and is not read then.
  [[nodiscard]] virtual bool has_whole() const { return false; }
  [[nodiscard]] virtual std::string_view whole() const { return {}; }

  // A large list is read twice: once to see that all of it is well, once to give its items. keep() is asked first:
  // `recent` are the bytes from `offset` on that were read last. False: the input cannot go back, and whoever reads
  // holds the bytes. go_back() makes read() continue at a byte behind the last keep(). False on failure.
  [[nodiscard]] virtual bool keep(std::uint64_t /*offset*/, std::string_view /*recent*/) { return false; }
  [[nodiscard]] virtual bool go_back(std::uint64_t /*offset*/) { return false; }
};

class MemoryInput final : public ByteInput {
 public:
  explicit MemoryInput(std::string_view text) : text_(text) {}
  [[nodiscard]] std::ptrdiff_t read(char* /*bytes*/, std::size_t /*size*/) override { return 0; }
  [[nodiscard]] bool has_whole() const override { return true; }
  [[nodiscard]] std::string_view whole() const override { return text_; }

 private:
  std::string_view text_;
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
  [[nodiscard]] bool keep(std::uint64_t offset, std::string_view recent) override;
  [[nodiscard]] bool go_back(std::uint64_t offset) override;

 private:
  int descriptor_ = -1;
  bool owns_ = false;
  std::int64_t begin_ = 0;  // of the stream, in the file
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
  // Lists of more than this many bytes are read item by item, their own object without the items. Off (npos) where
  // somebody looks at a list's items through the list.
  std::size_t item_wise_bytes = 128U * 1024;
  // What cannot be read item by item, or is not well, is read whole up to this size.
  std::size_t whole_bytes = 16U * 1024 * 1024;
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
// kind nor apiVersion get X and the list's version, as Kubernetes gives them. A large list is read twice and in pieces:
// first all of it is looked at, so that an error anywhere in it is told before an item is given, as with a small one.
// Empty documents (nothing, or only comments) are passed over; of manifests in YAML also `null`, which kubectl sends to
// no API server either.
class DocumentStream {
 public:
  struct Step {
    const Document* document = nullptr;
    const ReadError* error = nullptr;
    const Document* wrong = nullptr;  // with an error: what it speaks of, where that could be read
  };

  DocumentStream(ByteInput& input, StreamOptions options);
  ~DocumentStream();
  DocumentStream(const DocumentStream&) = delete;
  DocumentStream& operator=(const DocumentStream&) = delete;

  [[nodiscard]] Step next();
  // Another stream with the same options but its name: its memory is used again, so that a warm one asks for none.
  void restart(ByteInput& input, std::string_view name);
  // A stream of one document that was built and has no text: it and the items of its lists are given as if they had been read. `input` is empty; both must
  // live as long as documents are taken.
  void restart(ByteInput& input, const Document& built, std::string_view name);

  // The comment and blank lines between the last `---` and the document that was given last (of an item: its list); the
  // last 16 KiB of them. The first is line lead_line().
  [[nodiscard]] std::string_view lead() const;
  [[nodiscard]] std::uint32_t lead_line() const;

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
