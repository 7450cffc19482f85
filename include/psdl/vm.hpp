// The machine alone, for hosts that load program images (docs/images.md) and ship neither parser nor compiler:
// libpsdl-vm, psdl::vm. In: an image, documents; out: what its rules say, as JSON.
//
//   std::string problem;
//   std::optional<psdl::ImageRunner> runner = psdl::ImageRunner::load(image, problem);
//   psdl::RuleAnswer answer = runner->evaluate("data.example.deny", R"({"kind": "Pod"})");
//
// Every byte of an image is checked when it is loaded; a checksum is no signature. Findings, places, the types of
// Kubernetes and the data documents that an image was built with are the engine's (psdl.hpp): a rule here sees the
// document as it is written, and the data that evaluate() is given. Nothing throws. A runner belongs to one thread at a
// time; No stable ABI.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace psdl {

struct RuleAnswer {
  // Undefined: evaluated to the end, and the rule has no value. Error: not read or not evaluated to the end; nothing is
  // known then.
  enum class Kind : std::uint8_t { Value, Undefined, Error };
  Kind kind = Kind::Error;
  std::string json;     // of a value, compact
  std::string code;     // of an error: "limit_instructions", "eval_conflict_error", "json_syntax", "unknown_rule"
  std::string message;  // and its words, with the place in the document where it could not be read
};

class ImageRunner {
 public:
  // None, with "code: message" in `problem`, where the bytes are no image that may run here.
  [[nodiscard]] static std::optional<ImageRunner> load(std::string_view image, std::string& problem);
  ~ImageRunner();
  ImageRunner(ImageRunner&&) noexcept;
  ImageRunner& operator=(ImageRunner&&) noexcept;
  ImageRunner(const ImageRunner&) = delete;
  ImageRunner& operator=(const ImageRunner&) = delete;

  // Full paths of the rules without arguments, "data.example.deny", sorted.
  [[nodiscard]] std::vector<std::string> rules() const;
  // What the rule says of one JSON document, read as Kubernetes' reader would. `data`: a JSON object, what rules see as
  // base documents. Builtin errors are errors.
  [[nodiscard]] RuleAnswer evaluate(std::string_view rule, std::string_view document, std::string_view data = "{}");

 private:
  struct Impl;
  explicit ImageRunner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace psdl
