// What an evaluation found. In: a psdl_result; out: verdict, findings with their places, diagnostics and rows, each
// read when asked for.
#include <nanobind/stl/tuple.h>

#include <tuple>

#include "policy.hpp"
#include "values.hpp"

namespace psdl_python {

const char* verdict_word(psdl_verdict verdict) {
  switch (verdict) {
    case PSDL_VERDICT_ALLOW: return "allow";
    case PSDL_VERDICT_DENY: return "deny";
    case PSDL_VERDICT_ERROR: return "error";
    case PSDL_VERDICT_SKIPPED: return "skipped";
    default: return "none";
  }
}

std::vector<Diagnostic> diagnostics_of(const psdl_result* result) {
  std::size_t count = 0;
  check(psdl_result_diagnostic_count(result, &count));
  std::vector<Diagnostic> made;
  for (std::size_t i = 0; i < count; ++i) {
    auto read = sized<psdl_diagnostic>();
    check(psdl_result_diagnostic(result, i, &read));
    made.push_back(diagnostic_from(read));
  }
  return made;
}

namespace {

struct Place {
  std::string file, path, label, precision;
  std::uint64_t offset = 0, end_offset = 0;
  std::uint32_t line = 0, column = 0, end_line = 0, end_column = 0;
};

struct Finding {
  std::string severity, rule, entry_point, title, message, container, missing, value, details, psa, source_file,
      fingerprint;
  std::uint32_t document = 0, source_line = 0;
  Place place;
  std::vector<Place> related;
};

struct Document {
  std::string verdict, document, api_version, kind, namespace_name, name, printed;
  std::uint32_t ordinal = 0;
  std::size_t text = 0, first_finding = 0, finding_count = 0;
};

struct Row {
  nb::tuple values;
  nb::object bindings;
};

const char* precision_word(psdl_precision precision) {
  switch (precision) {
    case PSDL_PRECISION_EXACT: return "exact";
    case PSDL_PRECISION_PARENT: return "parent";
    case PSDL_PRECISION_CONTAINER: return "container";
    case PSDL_PRECISION_OBJECT: return "object";
    default: return "file";
  }
}

Place place_from(const psdl_place& read) {
  return {as_string(read.file),
          as_string(read.path),
          as_string(read.label),
          precision_word(read.precision),
          read.offset,
          read.end_offset,
          read.line,
          read.column,
          read.end_line,
          read.end_column};
}

Finding finding_at(const psdl_result* result, std::size_t index) {
  auto read = sized<psdl_finding>();
  check(psdl_result_finding(result, index, &read));
  Finding made;
  made.severity = severity_word(read.severity);
  made.rule = as_string(read.rule);
  made.entry_point = as_string(read.entry_point);
  made.title = as_string(read.title);
  made.message = as_string(read.message);
  made.container = as_string(read.container);
  made.missing = as_string(read.missing);
  made.value = as_string(read.value);
  made.details = as_string(read.details);
  made.psa = as_string(read.psa);
  made.source_file = as_string(read.source_file);
  made.fingerprint = as_string(read.fingerprint);
  made.document = read.document;
  made.source_line = read.source_line;
  auto place = sized<psdl_place>();
  check(psdl_result_place(result, index, &place));
  made.place = place_from(place);
  for (std::uint32_t i = 0; i < read.related_count; ++i) {
    auto related = sized<psdl_place>();
    check(psdl_result_related(result, index, i, &related));
    made.related.push_back(place_from(related));
  }
  return made;
}

std::vector<Finding> findings(const Result& self) {
  std::size_t count = 0;
  check(psdl_result_finding_count(self.handle.get(), &count));
  std::vector<Finding> made;
  made.reserve(count);
  for (std::size_t i = 0; i < count; ++i) made.push_back(finding_at(self.handle.get(), i));
  return made;
}

std::vector<Document> documents(const Result& self) {
  std::size_t count = 0;
  check(psdl_result_document_count(self.handle.get(), &count));
  std::vector<Document> made;
  made.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto read = sized<psdl_document_verdict>();
    check(psdl_result_document(self.handle.get(), i, &read));
    made.push_back({verdict_word(read.verdict), as_string(read.document), as_string(read.api_version),
                    as_string(read.kind), as_string(read.namespace_name), as_string(read.name), as_string(read.printed),
                    read.ordinal, read.text, read.first_finding, read.finding_count});
  }
  return made;
}

psdl_value value_at(const Result& self, std::size_t row, std::size_t expression) {
  psdl_value value{};
  check(psdl_result_value(self.handle.get(), row, expression, &value));
  return value;
}

Row row_at(const Result& self, std::size_t row) {
  psdl_value bindings{};
  check(psdl_result_bindings(self.handle.get(), row, &bindings));
  nb::list values;
  psdl_value value{};
  for (std::size_t i = 0; psdl_result_value(self.handle.get(), row, i, &value) == PSDL_OK; ++i)
    values.append(to_python(value));
  return {nb::tuple(values), to_python(bindings)};
}

std::size_t row_count(const Result& self) {
  std::size_t count = 0;
  check(psdl_result_row_count(self.handle.get(), &count));
  return count;
}

nb::list rows(const Result& self) {
  nb::list made;
  const std::size_t count = row_count(self);
  for (std::size_t i = 0; i < count; ++i) made.append(nb::cast(row_at(self, i)));
  return made;
}

nb::str printed(const Result& self) {
  psdl_text text{};
  check(psdl_result_printed(self.handle.get(), &text));
  return as_str(text);
}

nb::str json(const Result& self) {
  psdl_text text{};
  check(psdl_result_json(self.handle.get(), &text));
  return as_str(text);
}

std::string shown(const Place& place) {
  if (place.line == 0) return place.file + (place.path.empty() ? "" : "#" + place.path);
  return place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

// For pickle: an error may come from another process.
using DiagnosticParts = std::tuple<std::string, std::string, std::string, std::string, std::string, std::uint32_t,
                                   std::uint32_t, std::uint32_t>;

DiagnosticParts parts_of(const Diagnostic& self) {
  return {self.severity, self.code, self.message, self.file, self.help, self.line, self.column, self.document};
}

void make_of_parts(Diagnostic& self, const DiagnosticParts& parts) {
  new (&self) Diagnostic();
  std::tie(self.severity, self.code, self.message, self.file, self.help, self.line, self.column, self.document) = parts;
}

std::string shown(const Diagnostic& problem) {
  std::string at = problem.file;
  if (problem.line != 0) at += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  return (at.empty() ? "" : at + ": ") + problem.code + ": " + problem.message;
}

constexpr const char* kSeverity = "def severity(self) -> typing.Literal['error', 'warning', 'note']";
constexpr const char* kVerdict = "def verdict(self) -> typing.Literal['allow', 'deny', 'error', 'skipped', 'none']";
constexpr const char* kDocumentVerdict = "def verdict(self) -> typing.Literal['allow', 'deny', 'error', 'skipped']";

void bind_places(nb::module_& module) {
  nb::class_<Diagnostic>(module, "Diagnostic",
                         "A problem with a policy, a document or an evaluation; `str()` is its line for people.")
      .def_prop_ro(
          "severity", [](const Diagnostic& self) { return self.severity; }, nb::sig(kSeverity),
          "`error`, `warning` or `note`: only an error denies.")
      .def_ro("code", &Diagnostic::code, "`rego_parse_error`, `limit_instructions`")
      .def_ro("message", &Diagnostic::message, "One line for people.")
      .def_ro("file", &Diagnostic::file, "The name of the text; may be empty.")
      .def_ro("line", &Diagnostic::line, "From 1; 0: no place.")
      .def_ro("column", &Diagnostic::column, "From 1, in code points.")
      .def_ro("document", &Diagnostic::document, "Of a result: the number of the verdict it belongs to.")
      .def_ro("help", &Diagnostic::help, "What to do; may be empty.")
      .def("__getstate__", parts_of)
      .def("__setstate__", make_of_parts)
      .def("__str__", [](const Diagnostic& self) { return shown(self); })
      .def("__repr__", [](const Diagnostic& self) { return "<psdl.Diagnostic " + shown(self) + ">"; });

  nb::class_<Place>(module, "Place",
                    "A range of a text: lines and columns from 1, columns in code points, offsets in bytes, half\n"
                    "open. line is 0 where no place is known: documents that were built, `without_places`.")
      .def_ro("file", &Place::file, "The name of the text.")
      .def_ro("path", &Place::path, "JSON pointer in the object.")
      .def_ro("label", &Place::label, "Of a related place: `this container`.")
      .def_prop_ro(
          "precision", [](const Place& self) { return self.precision; },
          nb::sig("def precision(self) -> typing.Literal['exact', 'parent', 'container', 'object', 'file']"),
          "How exactly it is known.")
      .def_ro("offset", &Place::offset, "Where it begins, in bytes from the beginning of the text.")
      .def_ro("end_offset", &Place::end_offset, "Where it ends.")
      .def_ro("line", &Place::line, "From 1; 0: no place.")
      .def_ro("column", &Place::column, "From 1, in code points.")
      .def_ro("end_line", &Place::end_line, "The line it ends on.")
      .def_ro("end_column", &Place::end_column, "The column behind its end.")
      .def("__str__", [](const Place& self) { return shown(self); })
      .def("__repr__", [](const Place& self) { return "<psdl.Place " + shown(self) + ">"; });
}

void bind_findings(nb::module_& module) {
  nb::class_<Finding>(module, "Finding", "Something that a rule found, with its place.")
      .def_ro("document", &Finding::document, "The number of its verdict in `Result.documents`.")
      .def_prop_ro(
          "severity", [](const Finding& self) { return self.severity; }, nb::sig(kSeverity),
          "`error`, `warning` or `note`: only an error denies.")
      .def_ro("rule", &Finding::rule, "The id of the rule: `PSS103`.")
      .def_ro("entry_point", &Finding::entry_point, "`data.example.deny`")
      .def_ro("title", &Finding::title, "The title of the rule; may be empty.")
      .def_ro("message", &Finding::message, "As the rule made it: to be escaped for where it is shown.")
      .def_ro("container", &Finding::container, "The name of the container it is about; may be empty.")
      .def_ro("missing", &Finding::missing, "The name that is not there below the place's path.")
      .def_ro("value", &Finding::value, "JSON of what stands there; may be empty.")
      .def_ro("details", &Finding::details, "JSON of what the rule said besides; may be empty.")
      .def_ro("psa", &Finding::psa, "`with_psa`, of a pod standard: the check's text as the API server prints it.")
      .def_ro("source_file", &Finding::source_file, "The file of the rule.")
      .def_ro("source_line", &Finding::source_line, "The line of the rule.")
      .def_ro("fingerprint", &Finding::fingerprint, "The same for the same mistake wherever it moves in its file.")
      .def_ro("place", &Finding::place, "Where it is in the text.")
      .def_ro("related", &Finding::related, "Other places that belong to it, the nearest first.")
      .def("__str__", [](const Finding& self) { return shown(self.place) + ": " + self.rule + ": " + self.message; })
      .def("__repr__",
           [](const Finding& self) { return "<psdl.Finding " + shown(self.place) + " " + self.rule + ">"; });

  nb::class_<Document>(module, "Document", "The verdict on one document of a text.")
      .def_prop_ro(
          "verdict", [](const Document& self) { return self.verdict; }, nb::sig(kDocumentVerdict),
          "`allow`, `deny`, `error` or `skipped`: only `allow` is permission.")
      .def_ro("ordinal", &Document::ordinal, "Its number in the text, from 0.")
      .def_ro("text", &Document::text, "Of a batch: the number of the text.")
      .def_ro("first_finding", &Document::first_finding, "The number of its first finding in `Result.findings`.")
      .def_ro("finding_count", &Document::finding_count, "How many findings it has from there.")
      .def_ro("document", &Document::document, "`pod.yaml`, `all.yaml#2`, `all.yaml#2.items[0]`")
      .def_ro("api_version", &Document::api_version, "Of the object; empty where it does not have it.")
      .def_ro("kind", &Document::kind, "Of the object; may be empty.")
      .def_ro("namespace", &Document::namespace_name, "Of the object; may be empty.")
      .def_ro("name", &Document::name, "Of the object; may be empty.")
      .def_ro("printed", &Document::printed, "Lines of print(), each with its newline.")
      .def("__repr__",
           [](const Document& self) { return "<psdl.Document " + self.document + ": " + self.verdict + ">"; });
}

}  // namespace

void bind_result(nb::module_& module) {
  bind_places(module);
  bind_findings(module);
  nb::class_<Row>(module, "Row", "A row of a query's answer.")
      .def_prop_ro(
          "values", [](const Row& self) { return self.values; }, nb::sig("def values(self) -> tuple[typing.Any, ...]"),
          "Of the query's expressions, as they stand in it.")
      .def_prop_ro(
          "bindings", [](const Row& self) { return self.bindings; },
          nb::sig("def bindings(self) -> dict[str, typing.Any]"), "Of its variables.");

  nb::class_<Result>(module, "Result",
                     "What an evaluation gave. Everything but the verdict is read when it is asked for.")
      .def_prop_ro(
          "status", [](const Result& self) { return psdl_status_name(self.status); },
          "`ok`, or why it did not come to the end.")
      .def_prop_ro(
          "verdict", [](const Result& self) { return verdict_word(self.verdict); }, nb::sig(kVerdict),
          "Of all documents together: the first of `error`, `deny`, `allow`, `skipped` that there is; `none` for a "
          "query.")
      .def_prop_ro(
          "is_allowed", [](const Result& self) { return self.verdict == PSDL_VERDICT_ALLOW; },
          "Whether the verdict is `allow`.")
      .def_prop_ro("documents", documents, "A verdict for each document.")
      .def_prop_ro("findings", findings, "What was found, document by document.")
      .def_prop_ro(
          "diagnostics", [](const Result& self) { return diagnostics_of(self.handle.get()); }, "Errors and warnings.")
      .def_prop_ro(
          "is_defined", [](const Result& self) { return row_count(self) > 0; }, "Of a query: whether it has an answer.")
      .def_prop_ro("rows", rows, nb::sig("def rows(self) -> list[Row]"),
                   "Rows of a query's answer; none where it is undefined.")
      .def_prop_ro(
          "answer", [](const Result& self) { return to_python(value_at(self, 0, 0)); },
          nb::sig("def answer(self) -> typing.Any"),
          "The value of the query's first expression; `psdl.NotFoundError` where it is undefined.")
      .def(
          "value",
          [](nb::object self, std::size_t row, std::size_t expression) {
            return Value{self, value_at(nb::cast<const Result&>(self), row, expression)};
          },
          nb::arg("row") = 0, nb::arg("expression") = 0,
          nb::sig("def value(self, row: int = 0, expression: int = 0) -> Value"),
          "The value of an expression, to be looked at without a copy.")
      .def(
          "bindings",
          [](nb::object self, std::size_t row) {
            Value made{self, {}};
            check(psdl_result_bindings(nb::cast<const Result&>(self).handle.get(), row, &made.value));
            return made;
          },
          nb::arg("row") = 0, nb::sig("def bindings(self, row: int = 0) -> Value"),
          "The variables of a row, an object, to be looked at without a copy.")
      .def_prop_ro("printed", printed, "What print() wrote during a query.")
      .def("json", json, "All of it as compact JSON; equal results give equal texts.")
      .def("__repr__",
           [](const Result& self) { return std::string("<psdl.Result ") + verdict_word(self.verdict) + ">"; });
}

}  // namespace psdl_python
