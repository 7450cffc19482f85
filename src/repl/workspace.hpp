// What a session has loaded, defined and set, and the policy that is made of it. In: contents, whole; out: the policy,
// the document, what can be told of both.
//
// A change is taken whole or not at all: whatever is wrong with it, what was there before stays.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"
#include "psdl/tools/debugger.hpp"
#include "psdl/tools/loaded_input.hpp"
#include "repl/files.hpp"

namespace psdl::repl {

inline constexpr std::string_view kOwnPackage = "data.repl";

// The document that is `input`: of which file, and which of those in it. Without a text there is none.
struct InputFile {
  std::string path;
  std::size_t number = 0;
  std::shared_ptr<const std::string> text;
};

struct Contents {
  std::vector<TextFile> files;
  std::vector<TextFile> data;
  std::map<std::string, std::vector<std::string>> definitions;  // by package
  std::string package{kOwnPackage};                             // that new ones belong to
  InputFile input;

  // The module that the definitions of a package make. They are written in PSDL, which a `.rego` file has to say.
  [[nodiscard]] std::string module_text(const std::string& of, bool is_rego = false) const;
};

class Workspace {
 public:
  explicit Workspace(EngineOptions options) : options_(std::move(options)) {}

  // False, with errors, where no policy can be made of it, or the document cannot be read.
  [[nodiscard]] bool take(Contents next, DiagnosticList& problems);
  // What was edited of that file has been written to it.
  void note_saved(const std::string& path);

  [[nodiscard]] const Contents& contents() const { return contents_; }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] tools::Debugger& debugger() const { return *debugger_; }
  [[nodiscard]] const tools::LoadedInput& input() const { return input_; }
  // What was defined in the package, as a file of its own: with `pod`, where that is named.
  [[nodiscard]] std::string file_text(bool is_rego) const;
  // "input.spec.template.spec"; empty where there is none.
  [[nodiscard]] const std::string& pod_path() const { return pod_path_; }

  // Seen from the package: rules by their short names, and `pod`.
  [[nodiscard]] Query prepare(std::string_view text, DiagnosticList& problems) const;
  // Whole paths, each once.
  [[nodiscard]] std::vector<std::string> rule_names() const;
  // A rule, or a package.
  [[nodiscard]] bool has_rule(std::string_view path) const;
  // The rule that a name means: a whole path, one without `data.`, one of the package, or the only one that ends so.
  // Empty where there is none.
  [[nodiscard]] std::string find_rule(std::string_view name) const;
  // Whether the text is to be kept, and not to be answered.
  [[nodiscard]] static bool is_definition(std::string_view text);

  [[nodiscard]] std::string describe_input() const;
  [[nodiscard]] std::string describe_rules() const;

 private:
  [[nodiscard]] Policy build(const Contents& of, const std::string& pod_path, DiagnosticList& problems) const;
  [[nodiscard]] tools::LoadedInput load(const InputFile& file, const Policy& policy, DiagnosticList& problems) const;

  EngineOptions options_;
  Contents contents_;
  std::string pod_path_;
  Policy policy_;
  std::unique_ptr<tools::Debugger> debugger_;
  tools::LoadedInput input_;
};

}  // namespace psdl::repl
