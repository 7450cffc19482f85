// Run by the build. In: the folder of the installed time zones and the file to write. Out: C++ that holds the zones which tzdata.zi names: the
// 64-bit part of each file alone, and equal files once (295 KB where the folder has 1 MB).
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Lines "Z NAME ..." are zones, "L TARGET NAME" links.
std::set<std::string> zone_names(const std::string& tzdata) {
  std::set<std::string> names;
  std::istringstream lines(tzdata);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string first;
    std::string second;
    words >> kind >> first >> second;
    if (kind == "Z") names.insert(first);
    if (kind == "L") names.insert(second);
  }
  return names;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t byte = 0; byte < 4; ++byte) number = number << 8U | static_cast<unsigned char>(bytes[at + byte]);
  return number;
}

// TZif, RFC 8536: a header of 44 bytes and 32-bit data, then the same with 64 bits. Empty for what is no such file.
std::string wide_part(const std::string& file) {
  constexpr std::size_t kHeader = 44;
  if (file.size() < 2 * kHeader || file.compare(0, 4, "TZif") != 0 || file[4] < '2') return {};
  const std::size_t utc_flags = number_at(file, 20);
  const std::size_t standard_flags = number_at(file, 24);
  const std::size_t leap_seconds = number_at(file, 28);
  const std::size_t transitions = number_at(file, 32);
  const std::size_t types = number_at(file, 36);
  const std::size_t abbreviation_bytes = number_at(file, 40);
  return file.substr(kHeader + transitions * 5 + types * 6 + abbreviation_bytes + leap_seconds * 8 + standard_flags + utc_flags);
}

void write_bytes(std::ostream& out, const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 32) {
    out << "    \"";
    for (const char c : bytes.substr(at, 32)) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out << escape;
    }
    out << "\"\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string folder = argv[1];
  std::map<std::string, std::size_t> places;  // contents: where they begin in `all`
  std::string all;
  std::ostringstream rows;
  std::size_t count = 0;
  for (const std::string& name : zone_names(read_file(folder + "/tzdata.zi"))) {
    const std::string part = wide_part(read_file(folder + "/" + name));
    if (part.empty()) {
      std::fprintf(stderr, "pack_time_zones: %s/%s is no time zone\n", folder.c_str(), name.c_str());
      return 1;
    }
    const auto [place, is_new] = places.emplace(part, all.size());
    if (is_new) all += part;
    rows << "    TimeZoneFile{\"" << name << "\", {kBytes + " << place->second << ", " << part.size() << "}},\n";
    ++count;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out << "// Made by pack_time_zones from the installed tzdata.\n#include \"builtins/time_zone_files.hpp\"\n\nnamespace psdl {\nnamespace {\n\n"
      << "constexpr char kBytes[] =\n";
  write_bytes(out, all);
  out << "    ;\n\nconstexpr TimeZoneFile kFiles[" << count << "] = {\n"
      << rows.str() << "};\n\n}  // namespace\n\nstd::span<const TimeZoneFile> time_zone_files() { return kFiles; }\n\n}  // namespace psdl\n";
  return out.good() && count > 0 ? 0 : 1;
}
