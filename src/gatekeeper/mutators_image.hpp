// Names of images and their parts, as AssignImage takes them. In: parts, a name; out: what is wrong with a part, the
// name with others in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace psdl::gatekeeper {

struct ImageParts {
  std::string domain;  // without the slash behind it
  std::string path;
  std::string tag;  // with `:` or `@`
};

// Gatekeeper's words, and the parameter they are about; none where nothing was given.
struct ImageError {
  std::string text;
  std::string_view parameter;
};
[[nodiscard]] std::optional<ImageError> check_parts(const ImageParts& parts);

// Parts that are empty stay as they are.
[[nodiscard]] std::string with_parts(const ImageParts& parts, std::string_view image);

}  // namespace psdl::gatekeeper
