// What Kubernetes' types say of a place in a document, for our tools and others', without a promise. In: a kind, a
// path; out: the type there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace psdl::tools {

struct SchemaField {
  std::string name;
  std::string type;          // "bool", "[Container]", "{string: string}"
  bool is_optional = true;
};

struct SchemaPlace {
  bool is_known = false;
  std::string type;          // "core/v1 SecurityContext", "[core/v1 Container]", "bool"
  bool is_optional = false;
  std::vector<SchemaField> fields;  // of a struct, sorted by name
  std::string problem;       // why nothing is known: "no field `priviledged` on core/v1 SecurityContext"
};

// steps: names of fields, and for the items of lists and maps any text. An empty kind, or one that is not known:
// nothing is known of it.
[[nodiscard]] SchemaPlace schema_at(std::string_view api_version, std::string_view kind,
                                    std::span<const std::string> steps);

}  // namespace psdl::tools
