// Run by the build. In: types.json and the file to write. Out: C++ with the tables of src/kubernetes/known_types.hpp:
// names in one text, fields in a row, and for each type a hash without collisions over its fields.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "kubernetes/field_hash.hpp"

namespace {

struct Field {
  std::string name;
  std::string shape;
  std::string holder;
  std::string type;  // of a struct
  bool is_containers = false;
};
struct Type {
  std::string name;  // as it is shown
  std::vector<Field> fields;
  std::string unknown = "Told";
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kShapes{{{"any", "Any"},
                                                                               {"boolean", "Boolean"},
                                                                               {"bytes", "Bytes"},
                                                                               {"int32", "Int32"},
                                                                               {"int64", "Int64"},
                                                                               {"int-or-string", "IntOrString"},
                                                                               {"quantity", "Quantity"},
                                                                               {"string", "String"},
                                                                               {"time", "Time"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kHolders{
    {{"map[string][]", "MapOfLists"}, {"map[string]", "Map"}, {"[]", "List"}}};
constexpr std::string_view kCarriers[][2] = {
#define PSDL_CARRIER(kind, pointer) {kind, pointer},
#include "kubernetes/kinds.def"
#undef PSDL_CARRIER
};
constexpr std::string_view kPlaces[] = {
#define PSDL_POD_SPEC_PLACE(pointer) pointer,
#include "kubernetes/kinds.def"
#undef PSDL_POD_SPEC_PLACE
};
constexpr std::string_view kPodSpec = "core/v1.PodSpec";

Field make_field(const std::string& owner, const std::string& name, std::string text) {
  Field field{name, "Struct", "One", {}, owner == kPodSpec && name == "containers"};
  for (const auto& [prefix, holder] : kHolders) {
    if (!text.starts_with(prefix)) continue;
    field.holder = holder;
    text.erase(0, prefix.size());
    break;
  }
  for (const auto& [word, shape] : kShapes) {
    if (text == word) field.shape = shape;
  }
  if (field.shape == "Struct") field.type = text;
  // What an admission review holds is an object like any other.
  if (owner == "admission/v1.AdmissionRequest" && (name == "object" || name == "oldObject")) field.shape = "Embedded";
  return field;
}

class Packer {
 public:
  explicit Packer(const nlohmann::json& tree) {
    for (const auto& [name, fields] : tree.at("types").items()) {
      Type type{name, {}};
      for (const auto& field : fields) type.fields.push_back(make_field(name, field.at("name"), field.at("type")));
      types_[name] = std::move(type);
    }
    Type guessed = types_.at(std::string(kPodSpec));
    guessed.unknown = "NearNames";
    types_["pod spec of an unknown kind"] = guessed;
    for (const std::string_view place : kPlaces) add_way(std::string(place));
    std::uint16_t number = 0;
    for (const auto& [key, type] : types_) numbers_[key] = number++;
    for (const auto& [key, type] : types_) {
      if (depth(key) > 64) throw std::runtime_error("the type " + key + " holds itself");
    }
    add_kinds(tree);
  }

  std::string written() {
    for (const auto& [key, type] : types_) add_type(type);
    std::ostringstream places;
    for (const std::string_view place : kPlaces) {
      const std::string name(place);
      places << "    {" << text_at(name) << ", " << name.size() << ", " << numbers_.at(name) << "},\n";
    }
    std::ostringstream kinds;
    for (const auto& [kind, row] : kinds_) kinds << row;
    std::ostringstream text;
    for (std::size_t at = 0; at < text_.size(); at += 100) text << "    \"" << text_.substr(at, 100) << "\"\n";
    std::ostringstream out;
    out << "// Made by pack_known_types from types.json.\n"
        << "#include \"kubernetes/known_types.hpp\"\n\nnamespace psdl {\n\n"
        << "const char kKnownText[] =\n" << text.str() << "    ;\n\n"
        << "const std::uint8_t kKnownSlots[] = {" << slots_.str() << "};\n\n"
        << "const KnownField kKnownFields[] = {\n" << fields_.str() << "};\n\n"
        << "const KnownType kKnownTypes[] = {\n" << rows_.str() << "};\n\n"
        << "namespace {\nconstexpr KnownKind kKinds[] = {\n" << kinds.str() << "};\n"
        << "constexpr PodSpecPlace kPlaces[] = {\n" << places.str() << "};\n}  // namespace\n\n"
        << "std::span<const KnownType> known_types() { return kKnownTypes; }\n"
        << "std::span<const KnownKind> known_kinds() { return kKinds; }\n"
        << "std::span<const PodSpecPlace> pod_spec_places() { return kPlaces; }\n\n}  // namespace psdl\n";
    return out.str();
  }

 private:
  // Types for the way from an object's root to a pod spec; everything beside the way is left alone.
  void add_way(const std::string& pointer) {
    std::string next = "pod spec of an unknown kind";
    for (std::string rest = pointer; !rest.empty();) {
      const std::size_t slash = rest.rfind('/');
      const std::string step = rest.substr(slash + 1);
      rest.resize(slash);
      Type type{"object", {{step, "Struct", "One", next, false}}, "Ignored"};
      if (rest.empty()) {
        type.fields.push_back({"apiVersion", "String", "One", {}, false});
        type.fields.push_back({"kind", "String", "One", {}, false});
      }
      next = rest.empty() ? pointer : pointer + " to " + rest;
      types_[next] = std::move(type);
    }
  }

  std::size_t depth(const std::string& key, std::size_t above = 0) const {
    std::size_t deepest = above;
    if (above > 64) return above;
    for (const Field& field : types_.at(key).fields) {
      if (!field.type.empty()) deepest = std::max(deepest, depth(field.type, above + 1));
    }
    return deepest;
  }

  void add_kinds(const nlohmann::json& tree) {
    for (const auto& [key, type] : tree.at("kinds").items()) {
      const std::size_t slash = key.rfind('/');
      const std::string kind = key.substr(slash + 1);
      const std::string version = key.substr(0, slash);
      const std::string group = version.find('/') == std::string::npos ? "" : version.substr(0, version.find('/'));
      std::string pod_spec;
      for (const auto& carrier : kCarriers) {
        if (carrier[0] == kind) pod_spec = carrier[1];
      }
      std::ostringstream row;
      row << "    {" << text_at(group) << ", " << text_at(kind) << ", " << text_at(pod_spec) << ", " << group.size()
          << ", " << kind.size() << ", " << pod_spec.size() << ", " << numbers_.at(type) << "},\n";
      kinds_[key] = row.str();
    }
    for (const auto& carrier : kCarriers) {
      const std::string ending = "/" + std::string(carrier[0]);
      const auto is_it = [&](const auto& kind) { return kind.first.ends_with(ending); };
      if (std::none_of(kinds_.begin(), kinds_.end(), is_it)) throw std::runtime_error("no types of a kind " + ending);
    }
  }

  std::size_t text_at(const std::string& name) {
    const std::size_t known = text_.find(name);
    if (known != std::string::npos) return known;
    text_ += name;
    return text_.size() - name.size();
  }

  void add_type(const Type& type) {
    if (type.fields.size() >= 0xFF) throw std::runtime_error("too many fields: " + type.name);
    unsigned bits = 1;
    while ((std::size_t{1} << bits) < type.fields.size() * 2) ++bits;
    std::vector<int> slots;
    std::uint64_t seed = 0;
    while (!find_seed(type, bits, seed, slots)) ++bits;
    rows_ << "    {" << seed << "U, " << slot_count_ << ", " << field_count_ << ", " << text_at(type.name) << ", "
          << type.name.size() << ", " << type.fields.size() << ", " << 64 - bits << ", Unknown::" << type.unknown
          << "},\n";
    for (const int slot : slots) slots_ << slot << (++slot_count_ % 32 == 0 ? ",\n    " : ",");
    for (const Field& field : type.fields) {
      fields_ << "    {" << text_at(field.name) << ", " << field.name.size() << ", Shape::" << field.shape
              << ", Holder::" << field.holder << ", " << (field.is_containers ? 1 : 0) << ", "
              << (field.type.empty() ? 0 : numbers_.at(field.type)) << "},\n";
      ++field_count_;
    }
  }

  // By trial: the seeds are a sequence of their own for every type, so that the same file gives the same tables.
  static bool find_seed(const Type& type, unsigned bits, std::uint64_t& seed, std::vector<int>& slots) {
    std::uint64_t state = 0x9E3779B97F4A7C15U * (bits + 1);
    for (int trial = 0; trial < 100'000; ++trial) {
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      seed = state | 1U;
      slots.assign(std::size_t{1} << bits, 0xFF);
      bool is_good = true;
      for (std::size_t i = 0; i < type.fields.size() && is_good; ++i) {
        const std::string& name = type.fields[i].name;
        int& slot = slots[psdl::name_slot(psdl::name_words(name.data(), name.size()), name.size(), seed, 64 - bits)];
        is_good = slot == 0xFF;
        slot = static_cast<int>(i);
      }
      if (is_good) return true;
    }
    return false;
  }

  std::map<std::string, Type> types_;
  std::map<std::string, std::uint16_t> numbers_;
  std::map<std::string, std::string> kinds_;
  std::string text_;
  std::ostringstream slots_;
  std::ostringstream fields_;
  std::ostringstream rows_;
  std::size_t slot_count_ = 0;
  std::size_t field_count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    std::ifstream in(argv[1]);
    const nlohmann::json tree = nlohmann::json::parse(in);
    std::ofstream out(argv[2], std::ios::binary);
    out << Packer(tree).written();
    return out.good() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pack_known_types: %s: %s\n", argv[1], error.what());
    return 1;
  }
}
