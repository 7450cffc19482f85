// Evaluations of many texts in one call. In: a sequence of texts, or a column (offsets into one buffer) as Arrow has
// it; out: three bit columns, as Arrow's, and a Result for the findings.
#include <cstring>
#include <deque>

#include "builtins.hpp"
#include "policy.hpp"

namespace psdl_python {

namespace {

using Words = std::vector<std::uint64_t>;

struct Batch {
  std::size_t count = 0;
  psdl_status status = PSDL_OK;
  Words allowed, denied, failed;
  nb::object result;
};

struct Columns {
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  std::vector<const char*> names;
  std::vector<std::size_t> name_lengths;

  void reserve(std::size_t count) {
    texts.reserve(count);
    lengths.reserve(count);
  }
  void add(const char* data, std::size_t length) {
    texts.push_back(data);
    lengths.push_back(length);
  }
};

Batch run(EvaluatorObject& self, const Columns& columns, std::string_view format, bool with_findings) {
  const std::size_t words = (columns.texts.size() + 63) / 64;
  Batch made{columns.texts.size(), PSDL_OK, Words(words), Words(words), Words(words), nb::none()};
  auto batch = sized<psdl_batch>();
  batch.count = columns.texts.size();
  batch.texts = columns.texts.data();
  batch.lengths = columns.lengths.data();
  batch.names = columns.names.empty() ? nullptr : columns.names.data();
  batch.name_lengths = columns.names.empty() ? nullptr : columns.name_lengths.data();
  batch.format = format_of(format);
  batch.allowed = made.allowed.data();
  batch.denied = made.denied.data();
  batch.failed = made.failed.data();

  const Inside inside(self.worker);
  Result result;
  if (with_findings) {
    result.state = self.state;
    result.handle = self.state->take_result(self.worker.evaluator.get());
  }
  HostCalls calls;
  {
    const GilReleased released;
    made.status = psdl_evaluator_evaluate_batch(self.worker.evaluator.get(), &batch, result.handle.get());
  }
  if (made.status == PSDL_BAD_ARGUMENT || made.status == PSDL_BAD_HANDLE || made.status == PSDL_BUSY)
    raise(made.status);
  if (with_findings) {
    result.status = made.status;
    static_cast<void>(psdl_result_verdict(result.handle.get(), &result.verdict));
    made.result = nb::cast(std::move(result));
  }
  return made;
}

// The tuples keep the texts while the GIL is away.
Batch evaluate_batch(EvaluatorObject& self, const nb::sequence& given, const nb::object& names, std::string_view format,
                     bool with_findings) {
  const nb::tuple texts(given);
  const nb::tuple shown = names.is_none() ? nb::tuple() : nb::tuple(names);
  if (!names.is_none() && nb::len(shown) != nb::len(texts))
    raise(PSDL_BAD_ARGUMENT, "there are not as many names as texts");
  Columns columns;
  columns.reserve(nb::len(texts));
  std::deque<TextOf> copies;  // of what is no UTF-8
  std::size_t index = 0;
  for (const nb::handle one : texts) {
    // A buffer could be changed by another thread once it is let go of.
    if (!PyBytes_Check(one.ptr()) && !PyUnicode_Check(one.ptr()))
      raise_not_json("/" + std::to_string(index), "a text of a batch is bytes or str");
    const TextOf borrowed(one);
    const psdl_text text = borrowed.is_copy() ? copies.emplace_back(one).text : borrowed.text;
    columns.add(text.data, text.length);
    ++index;
  }
  for (const nb::handle one : shown) {
    const TextOf name(one);
    if (!PyUnicode_Check(one.ptr()) || name.is_copy()) raise(PSDL_BAD_ARGUMENT, "a name is str, and has UTF-8");
    columns.names.push_back(name.text.data);
    columns.name_lengths.push_back(name.text.length);
  }
  return run(self, columns, format, with_findings);
}

// offsets[first .. first + count] into data, as Arrow's binary (wide: large_binary) has them. Where `valid` has no bit
// the text is empty: no document, so an error.
struct Column {
  nb::object offsets, data, valid;
  std::size_t first, count;
  bool is_wide;
};

std::uint64_t offset_at(const psdl_text& offsets, std::size_t index, bool is_wide) {
  if (is_wide) {
    std::int64_t read = 0;
    std::memcpy(&read, offsets.data + index * sizeof read, sizeof read);
    return static_cast<std::uint64_t>(read);
  }
  std::int32_t read = 0;
  std::memcpy(&read, offsets.data + index * sizeof read, sizeof read);
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(read));  // a negative one is beyond every buffer
}

Batch evaluate_column(EvaluatorObject& self, const Column& column, std::string_view format, bool with_findings) {
  const TextOf offsets(column.offsets);
  const TextOf data(column.data);
  std::optional<TextOf> valid;
  if (!column.valid.is_none()) valid.emplace(column.valid);
  const std::size_t width = column.is_wide ? 8 : 4;
  const std::size_t slots = offsets.text.length / width;
  const auto outside = [] { raise(PSDL_BAD_ARGUMENT, "a column's offsets are outside its buffers"); };
  if (column.count > 0 && (column.first >= slots || column.count >= slots - column.first)) outside();
  if (valid && (column.first + column.count + 7) / 8 > valid->text.length) outside();
  Columns columns;
  columns.reserve(column.count);
  for (std::size_t i = column.first; i < column.first + column.count; ++i) {
    const std::uint64_t begin = offset_at(offsets.text, i, column.is_wide);
    const std::uint64_t end = offset_at(offsets.text, i + 1, column.is_wide);
    if (begin > end || end > data.text.length) outside();
    const bool is_there = !valid || (static_cast<unsigned char>(valid->text.data[i / 8]) >> (i % 8) & 1U) != 0;
    columns.add(data.text.data + begin, is_there ? end - begin : 0);
  }
  return run(self, columns, format, with_findings);
}

nb::bytes bits(const Batch& self, const Words& words) {
  return nb::bytes(reinterpret_cast<const char*>(words.data()), (self.count + 7) / 8);
}

const char* verdict_at(const Batch& self, std::size_t index) {
  const auto has = [index](const Words& words) { return (words[index / 64] >> (index % 64) & 1U) != 0; };
  if (has(self.failed)) return "error";
  if (has(self.denied)) return "deny";
  return has(self.allowed) ? "allow" : "skipped";
}

nb::list verdicts(const Batch& self) {
  const nb::str words[] = {nb::str("allow"), nb::str("deny"), nb::str("error"), nb::str("skipped")};
  nb::list made;
  for (std::size_t i = 0; i < self.count; ++i) {
    const std::string_view word = verdict_at(self, i);
    made.append(words[word == "allow" ? 0 : word == "deny" ? 1 : word == "error" ? 2 : 3]);
  }
  return made;
}

}  // namespace

void bind_batch(nb::module_& module) {
  nb::class_<Batch>(module, "Batch", "What the evaluation of many texts gave.")
      .def("__len__", [](const Batch& self) { return self.count; })
      .def_prop_ro(
          "status", [](const Batch& self) { return psdl_status_name(self.status); },
          "`ok`, or the status of the first text that was not evaluated to the end.")
      .def_prop_ro("verdicts", verdicts,
                   nb::sig("def verdicts(self) -> list[typing.Literal['allow', 'deny', 'error', 'skipped']]"),
                   "One for each text.")
      .def_prop_ro(
          "allowed", [](const Batch& self) { return bits(self, self.allowed); },
          "A bit for each text, the lowest of the first byte first, as Arrow's booleans.")
      .def_prop_ro(
          "denied", [](const Batch& self) { return bits(self, self.denied); }, "As `allowed`.")
      .def_prop_ro(
          "failed", [](const Batch& self) { return bits(self, self.failed); }, "Also what was not judged any more.")
      .def_prop_ro(
          "result", [](const Batch& self) { return self.result; }, nb::sig("def result(self) -> Result | None"),
          "Findings, documents and diagnostics; `Document.text` is the number of the text. None without findings.");

  auto evaluator = nb::borrow<nb::class_<EvaluatorObject>>(module.attr("Evaluator"));
  evaluator
      .def("evaluate_batch", evaluate_batch, nb::arg("texts"), nb::kw_only(), nb::arg("names").none() = nb::none(),
           nb::arg("format") = "auto", nb::arg("findings") = true,
           nb::sig("def evaluate_batch(self, texts: collections.abc.Sequence[bytes | str], *, names: "
                   "collections.abc.Sequence[str] | None = None, "
                   "format: str = 'auto', findings: bool = True) -> Batch"),
           "Judges many texts. A text that cannot be read or evaluated has the verdict `error`, and\n"
           "raises nothing; the others are judged all the same. findings=False makes the verdicts alone,\n"
           "which is faster.")
      .def(
          "_evaluate_column",
          [](EvaluatorObject& self, nb::object offsets, nb::object data, nb::object valid, std::size_t first,
             std::size_t count, bool is_wide, std::string_view format, bool with_findings) {
            return evaluate_column(self, {offsets, data, valid, first, count, is_wide}, format, with_findings);
          },
          nb::arg("offsets"), nb::arg("data"), nb::arg("valid").none(), nb::arg("first"), nb::arg("count"),
          nb::arg("is_wide"), nb::arg("format"), nb::arg("findings"));
}

}  // namespace psdl_python
