// The Rego of templates: what is refused, in gator's words, and where.
#include "gatekeeper/module.hpp"

#include "data.hpp"

namespace psdl::gatekeeper {
namespace {

std::vector<std::string> places(const RegoFailure& failure, const RegoCode& code) {
  std::vector<std::string> shown;
  for (const RegoRemark& remark : failure.remarks) {
    const std::string_view text = remark.at.source == 0 ? code.entry.text : code.libs[remark.at.source - 1].text;
    const std::string_view before = text.substr(0, remark.at.begin);
    shown.push_back(std::to_string(remark.at.source) + ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n')));
  }
  return shown;
}

TEST_CASE("Rego of templates is taken or refused in gator's words") {
  const Cases cases("modules.yaml");
  for (const Value& one : cases.all()) {
    DYNAMIC_SECTION(text(one, "note")) {
      const std::string entry = text(one, "rego");
      const std::vector<std::string> libs = texts(one, "libs");
      RegoCode code;
      code.entry.text = entry;
      for (const std::string& lib : libs) code.libs.push_back({lib, 0});
      code.is_v1 = part(one, "v1").is_true();
      const auto made = compile_rego(code, EngineOptions());
      CHECK((made ? std::string() : made.error().text) == text(one, "want"));
      if (!made) {
        CHECK(!made.error().remarks.empty());
        if (part(one, "at").is_array()) CHECK(places(made.error(), code) == texts(one, "at"));
        continue;
      }
      std::vector<std::string> remarks;
      for (const RegoRemark& remark : (*made)->remarks) remarks.push_back(remark.code);
      CHECK(remarks == texts(one, "remarks"));
      CHECK((*made)->policy->program()->find_function(kViolationPath) != kNoIndex);
    }
  }
}

}  // namespace
}  // namespace psdl::gatekeeper
