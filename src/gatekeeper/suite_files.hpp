// The files of one suite, each read and parsed once. In: paths as a suite has them; out: objects, or gator's words for
// what is wrong with the file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "gatekeeper/object.hpp"
#include "gatekeeper/refusal.hpp"
#include "psdl/tools/gator.hpp"

namespace psdl::gatekeeper {

// For one thread.
class SuiteFiles {
 public:
  SuiteFiles(const tools::FileSource& files, const tools::SuiteFile& suite, Reading reading);

  // A path of the suite, which stands at `origin` in it.
  struct Asked {
    std::string_view path;
    const Object* suite;
    std::uint32_t origin;
  };
  // The first document of the file. gator's texts begin with `reading` or `parsing`: "reading Constraint", "adding
  // constraint: parsing Constraint".
  [[nodiscard]] Result<ObjectPtr, Refusal> first(const Asked& asked, std::string_view reading,
                                                 std::string_view parsing);
  // Every document, at least one.
  [[nodiscard]] Result<std::vector<ObjectPtr>, Refusal> all(const Asked& asked);

  // Absolute, without the leading slash: as gator shows it.
  [[nodiscard]] std::string gator_path(std::string_view path) const;
  // From where the suite was named.
  [[nodiscard]] std::string shown_path(std::string_view path) const;

 private:
  struct Entry {
    std::string text;
    std::string problem;  // why it cannot be read
    std::optional<Result<ObjectPtr, Refusal>> first;
    std::optional<Result<std::vector<ObjectPtr>, Refusal>> all;
  };
  [[nodiscard]] Entry& entry(std::string_view path);
  [[nodiscard]] std::optional<Refusal> unreadable(const Entry& entry, const Asked& asked) const;

  const tools::FileSource& files_;
  Reading reading_;
  std::string folder_;        // absolute
  std::string shown_folder_;  // may be empty
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace psdl::gatekeeper
