// What a psdl_data holds.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capi/handles.hpp"
#include "engine/data_store.hpp"

namespace psdl::capi {

struct DataObject final : HandleObject {
  static constexpr HandleKind kKind = HandleKind::Data;
  using HandleObject::HandleObject;

  // Evaluators hold it too.
  std::shared_ptr<DataStore> store;
  DiagnosticList problems;  // of the last change
  std::vector<std::string> helps;
  std::string text;  // that was asked for
};

}  // namespace psdl::capi
