// The stdlib as it was embedded: sources that are compiled only where a policy names them.
#include <string>

#include "embedded/stdlib_files.hpp"
#include "engine/policy.hpp"

namespace psdl {

std::vector<StdlibSource> stdlib_for(const SourceList& sources) {
  std::vector<StdlibSource> wanted;
  for (const auto& [name, text] : embedded::stdlib_files()) {
    // kubernetes.psdl is data.psdl.kubernetes.
    const std::string package = "data.psdl." + std::string(name.substr(0, name.find('.')));
    for (const std::shared_ptr<const Source>& source : sources) {
      if (source->text().find(package) == std::string_view::npos) continue;
      wanted.push_back({name, text});
      break;
    }
  }
  return wanted;
}

}  // namespace psdl
