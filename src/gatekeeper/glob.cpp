// Beginnings, ends and middles of names.
#include "gatekeeper/glob.hpp"

namespace psdl::gatekeeper {
namespace {

// `*`, `**` and `*a*`: a single star is both ends at once.
bool is_middle(std::string_view glob) {
  return glob.starts_with('*') && glob.ends_with('*');
}

std::string_view middle_of(std::string_view glob) {
  glob.remove_prefix(1);
  if (glob.ends_with('*')) glob.remove_suffix(1);
  return glob;
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view name) {
  if (is_middle(glob)) return name.find(middle_of(glob)) != std::string_view::npos;
  if (glob.starts_with('*')) return name.ends_with(glob.substr(1));
  if (glob.ends_with('*')) return name.starts_with(glob.substr(0, glob.size() - 1));
  return glob == name;
}

bool glob_matches_generated(std::string_view glob, std::string_view generate_name) {
  if (is_middle(glob)) return generate_name.find(middle_of(glob)) != std::string_view::npos;
  return glob.ends_with('*') && generate_name.starts_with(glob.substr(0, glob.size() - 1));
}

}  // namespace psdl::gatekeeper
