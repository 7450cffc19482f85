// A document that is read once and asked about often: the input of the debugger, of Why and of Watch, as it is written.
// In: a policy, a text; out: what they share, and what can be told of the document without a rule. For our tools and
// others', without a promise.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "psdl/psdl.hpp"

namespace psdl::tools {

class LoadedInput {
 public:
  // None: rules see no input.
  LoadedInput() = default;
  // The document with that number of the text (empty ones are not counted). None, with errors, where it cannot be read
  // or there is none. Whoever is given it must have been made of the same policy.
  [[nodiscard]] static LoadedInput load(const Policy& policy, std::string_view bytes, DocumentFormat format,
                                        std::string_view name, DiagnosticList& problems, std::size_t number = 0);

  explicit operator bool() const { return impl_ != nullptr; }
  [[nodiscard]] ObjectIdentity object() const;
  // "shop/web.yaml", with #N where its text holds several documents.
  [[nodiscard]] std::string document_name() const;
  // JSON pointer; empty where there is none.
  [[nodiscard]] std::string pod_spec() const;
  // Keys of the map at the place that `path` names ("spec.containers[0]"; [_] is the first), sorted; none where there
  // is no map.
  [[nodiscard]] std::vector<std::string> keys(std::string_view path) const;

  struct Impl;
  [[nodiscard]] const std::shared_ptr<const Impl>& impl() const { return impl_; }

 private:
  explicit LoadedInput(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

}  // namespace psdl::tools
