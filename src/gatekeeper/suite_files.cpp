// Paths are joined as Go's path.Join does: cleaned, and a slash in front counts for nothing.
#include "gatekeeper/suite_files.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "gatekeeper/place.hpp"

namespace psdl::gatekeeper {
namespace {

constexpr std::string_view kCode = "gatekeeper_file";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string join(const std::string& folder, std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string whole = folder.empty() ? std::string(path) : fmt::format("{}/{}", folder, path);
  std::string clean = std::filesystem::path(whole).lexically_normal().string();
  while (clean.size() > 1 && clean.ends_with('/')) clean.pop_back();
  return clean;
}

Refusal behind(Refusal refusal, const std::string& words) {
  refusal.text = words + refusal.text;
  return refusal;
}

}  // namespace

SuiteFiles::SuiteFiles(const tools::FileSource& files, const tools::SuiteFile& suite, Reading reading)
    : files_(files), reading_(reading), folder_(folder_of(suite.path)), shown_folder_(folder_of(suite.shown)) {}

std::string SuiteFiles::gator_path(std::string_view path) const {
  const std::string whole = join(folder_, path);
  return whole.starts_with('/') ? whole.substr(1) : whole;
}

std::string SuiteFiles::shown_path(std::string_view path) const {
  return join(shown_folder_, path);
}

SuiteFiles::Entry& SuiteFiles::entry(std::string_view path) {
  std::string whole = join(folder_, path);
  const auto [at, is_new] = entries_.try_emplace(whole);
  if (is_new && !files_.read(whole, at->second.text, at->second.problem) && at->second.problem.empty())
    at->second.problem = "input/output error";
  return at->second;
}

std::optional<Refusal> SuiteFiles::unreadable(const Entry& entry, const Asked& asked) const {
  if (entry.problem.empty()) return std::nullopt;
  const std::string path = gator_path(asked.path);
  const std::string_view verb = entry.problem == "is a directory" ? "read" : "open";
  Problem problem = problem_at(*asked.suite, asked.origin, kCode,
                               fmt::format("cannot read `{}`: {}", shown_path(asked.path), entry.problem));
  problem.notes.emplace_back("paths in a suite are relative to the suite's own folder");
  return Refusal{fmt::format("{} {}: {}", verb, path, entry.problem), {std::move(problem)}};
}

Result<ObjectPtr, Refusal> SuiteFiles::first(const Asked& asked, std::string_view reading, std::string_view parsing) {
  Entry& file = entry(asked.path);
  const std::string path = gator_path(asked.path);
  if (std::optional<Refusal> refusal = unreadable(file, asked))
    return behind(std::move(*refusal), fmt::format("{} from \"{}\": ", reading, path));
  if (!file.first) file.first = read_first(file.text, shown_path(asked.path), reading_);
  if (!*file.first) return behind(file.first->error(), fmt::format("{} from \"{}\": ", parsing, path));
  return **file.first;
}

Result<std::vector<ObjectPtr>, Refusal> SuiteFiles::all(const Asked& asked) {
  Entry& file = entry(asked.path);
  if (std::optional<Refusal> refusal = unreadable(file, asked)) return std::move(*refusal);
  const std::string path = gator_path(asked.path);
  if (!file.all) file.all = read_all(file.text, shown_path(asked.path), reading_);
  if (!*file.all) return behind(file.all->error(), fmt::format("reading \"{}\": ", path));
  if ((*file.all)->empty()) {
    return Refusal{
        fmt::format("missing objects: path \"{}\" defines no YAML objects", path),
        {problem_at(*asked.suite, asked.origin, kCode, fmt::format("`{}` holds no object", shown_path(asked.path)))}};
  }
  return **file.all;
}

}  // namespace psdl::gatekeeper
