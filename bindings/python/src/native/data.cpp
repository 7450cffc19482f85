// Base documents that change while evaluators run. In: changes, all of a list or none; out: a new version.
#include "policy.hpp"

namespace psdl_python {

namespace {

std::vector<Diagnostic> problems_of(const psdl_data* data) {
  std::size_t count = 0;
  check(psdl_data_diagnostic_count(data, &count));
  std::vector<Diagnostic> made;
  for (std::size_t i = 0; i < count; ++i) {
    auto read = sized<psdl_diagnostic>();
    check(psdl_data_diagnostic(data, i, &read));
    made.push_back(diagnostic_from(read));
  }
  return made;
}

psdl_data_action action_of(const std::string& word) {
  if (word == "put") return PSDL_DATA_PUT;
  if (word == "patch") return PSDL_DATA_PATCH;
  if (word == "remove") return PSDL_DATA_REMOVE;
  raise(PSDL_BAD_ARGUMENT, "action is none of `put`, `patch`, `remove`");
}

// (action, path, text, name, format) each.
void apply(const Data& self, const nb::list& changes) {
  struct Given {
    std::string path, text, name;
  };
  std::vector<Given> given;
  given.reserve(nb::len(changes));
  std::vector<psdl_data_change> views;
  for (const nb::handle one : changes) {
    const auto parts = nb::cast<nb::tuple>(one);
    const TextOf text(parts[2]);
    if (!text.is_text) raise(PSDL_BAD_ARGUMENT, "a change's text is str or bytes here");
    given.push_back({nb::cast<std::string>(parts[1]), as_string(text.text), nb::cast<std::string>(parts[3])});
    auto view = sized<psdl_data_change>();
    view.action = action_of(nb::cast<std::string>(parts[0]));
    view.path = as_text(given.back().path);
    view.text = as_text(given.back().text);
    view.name = as_text(given.back().name);
    view.format = format_of(nb::cast<std::string>(parts[4]));
    views.push_back(view);
  }
  psdl_status status = PSDL_OK;
  {
    const GilReleased released;
    status = psdl_data_apply(self.data.get(), views.data(), views.size());
  }
  if (status != PSDL_OK)
    raise(status,
          {"",
           status == PSDL_BAD_INPUT || status == PSDL_LIMIT ? problems_of(self.data.get()) : std::vector<Diagnostic>(),
           {},
           {}});
}

Data make_data(const Policy& policy) {
  psdl_data* handle = nullptr;
  check(psdl_data_new(policy.state->policy.get(), &handle));
  return {policy.state, DataHandle(handle)};
}

std::uint64_t version(const Data& self) {
  std::uint64_t made = 0;
  check(psdl_data_version(self.data.get(), &made));
  return made;
}

nb::str json(const Data& self, const std::string& path) {
  psdl_text text{};
  check(psdl_data_json(self.data.get(), path.data(), path.size(), &text));
  return as_str(text);
}

}  // namespace

void bind_data(nb::module_& module) {
  nb::class_<Data>(module, "Data",
                   "Base documents of a policy that change while evaluators run: it begins with those the policy\n"
                   "was built with. One thread at a time may change it; evaluations that have begun keep what\n"
                   "they began with.")
      .def(nb::new_(&make_data), nb::arg("policy"))
      .def("_apply", apply, nb::arg("changes"),
           nb::sig("def _apply(self, changes: list[tuple[str, str, str | bytes, str, str]]) -> None"))
      .def_prop_ro("version", version, "How often it was changed: 0 at first.")
      .def("json", json, nb::arg("path") = "",
           "What stands at a JSON pointer, as JSON; `psdl.NotFoundError` where nothing does.");
}

}  // namespace psdl_python
