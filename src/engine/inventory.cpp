// All objects of a run as one JSON text, read as manifests are.
#include <map>
#include <string>

#include "engine/policy.hpp"
#include "engine/stream_input.hpp"
#include "kubernetes/object.hpp"
#include "value/text.hpp"

namespace psdl {
namespace {

using ByName = std::map<std::string, std::string>;                       // to compact JSON
using ByVersion = std::map<std::string, std::map<std::string, ByName>>;  // apiVersion, kind

template <class Map, class Each>
void append_map(std::string& out, const Map& map, Each each) {
  out += '{';
  bool is_first = true;
  for (const auto& [key, value] : map) {
    if (!is_first) out += ',';
    is_first = false;
    append_json_string(out, key);
    out += ':';
    each(value);
  }
  out += '}';
}

void append_versions(std::string& out, const ByVersion& versions) {
  append_map(out, versions, [&](const auto& kinds) {
    append_map(out, kinds,
               [&](const ByName& names) { append_map(out, names, [&](const std::string& json) { out += json; }); });
  });
}

}  // namespace

struct Inventory::Impl {
  Limits limits;
  ByVersion cluster;
  std::map<std::string, ByVersion> namespaces;

  void add(const Document& document) {
    const Value* reviewed = reviewed_object(document.root());
    const Value& root = reviewed != nullptr ? *reviewed : document.root();
    if (!root.is_object()) return;
    const auto text = [](const Value* of, std::string_view name) {
      const Value* found = of != nullptr && of->is_object() ? of->as_object().find_text(name) : nullptr;
      return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
    };
    const Value* metadata = root.as_object().find_text("metadata");
    const std::string version = text(&root, "apiVersion");
    const std::string kind = text(&root, "kind");
    const std::string name = text(metadata, "name");
    if (version.empty() || kind.empty() || name.empty()) return;
    const std::string name_space = text(metadata, "namespace");
    ByVersion& versions = name_space.empty() ? cluster : namespaces[name_space];
    versions[version][kind][name] = to_json(root);
  }
};

Inventory::Inventory(const EngineOptions& options) : impl_(std::make_unique<Impl>()) {
  DiagnosticList told;  // whoever builds the policy reports them
  (void)set_limits(options, impl_->limits, told);
}
Inventory::~Inventory() = default;

void Inventory::add(const InputStream& input, DocumentFormat format, std::string_view name) {
  FunctionInput bytes(input);
  StreamOptions options;
  options.name = name;
  options.format = stream_format(format);
  options.limits = impl_->limits;
  DocumentStream stream(bytes, std::move(options));
  for (;;) {
    const DocumentStream::Step step = stream.next();
    if (step.document != nullptr) {
      impl_->add(*step.document);
    } else if (step.error == nullptr) {
      return;
    }
  }
}

std::string Inventory::json() const {
  std::string out = "{\"cluster\":";
  append_versions(out, impl_->cluster);
  out += ",\"namespace\":";
  append_map(out, impl_->namespaces, [&](const ByVersion& versions) { append_versions(out, versions); });
  return out + '}';
}

}  // namespace psdl
