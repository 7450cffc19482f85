// Edits of all fixes first, then proofs in as few readings of the text as there are fixes that meet.
#include "fix/fixes.hpp"

#include <algorithm>
#include <optional>

#include "codec/internal.hpp"
#include "codec/reader.hpp"

namespace psdl::fix {
namespace {

class Maker {
 public:
  Maker(const Document& document, std::span<const Wanted> wanted)
      : document_(document),
        wanted_(wanted),
        layout_(layout_of(document)),
        edits_(wanted.size()),
        made_(wanted.size()) {}

  std::vector<Made> run() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (plan(i)) open.push_back(i);
    }
    if (!open.empty()) before_ = read(document_.text());
    while (!open.empty()) {
      std::vector<std::size_t> together;
      std::vector<std::size_t> later;
      for (const std::size_t i : open) (meets(i, together) ? later : together).push_back(i);
      if (!prove(together)) {
        for (const std::size_t i : together) {
          if (!prove(std::span(&i, 1))) made_[i].refusal = "the text does not read back as it was meant to";
        }
      }
      open = std::move(later);
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i) publish(i);
    return std::move(made_);
  }

 private:
  // False where there is nothing to prove.
  bool plan(std::size_t index) {
    for (const Operation& operation : wanted_[index].operations) {
      Result<std::vector<Edit>> edits = edits_of(layout_, document_, operation);
      if (!edits) {
        made_[index].refusal = edits.error().message;
        return false;
      }
      for (Edit& edit : *edits) edits_[index].push_back(std::move(edit));
    }
    std::sort(edits_[index].begin(), edits_[index].end(),
              [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    for (std::size_t i = 0; i < edits_[index].size(); ++i) {
      const Edit& edit = edits_[index][i];
      if (i > 0 && !are_apart(edits_[index][i - 1], edit)) made_[index].refusal = "two changes meet at one place";
      // A part of the text was left out there when it was read.
      const std::size_t gap = document_.place().gap_at;
      if (gap != SIZE_MAX && edit.begin <= gap && gap <= edit.end)
        made_[index].refusal = "the items of a large list stand there";
    }
    return made_[index].refusal.empty() && !edits_[index].empty();
  }

  [[nodiscard]] bool meets(std::size_t index, std::span<const std::size_t> others) const {
    return std::any_of(others.begin(), others.end(), [&](std::size_t other) {
      if (empty_one_place(index, other)) return true;
      return std::any_of(edits_[index].begin(), edits_[index].end(), [&](const Edit& a) {
        return std::any_of(edits_[other].begin(), edits_[other].end(), [&](const Edit& b) { return !are_apart(a, b); });
      });
    });
  }

  // Both take something out of one list or map: indices move, and nothing may be left where one alone leaves the other.
  [[nodiscard]] bool empty_one_place(std::size_t a, std::size_t b) const {
    const auto above = [](const Operation& one) { return std::string_view(one.path).substr(0, one.path.rfind('/')); };
    return std::any_of(wanted_[a].operations.begin(), wanted_[a].operations.end(), [&](const Operation& one) {
      return one.kind == Operation::Kind::Remove &&
             std::any_of(wanted_[b].operations.begin(), wanted_[b].operations.end(), [&](const Operation& other) {
               return other.kind == Operation::Kind::Remove && above(one) == above(other);
             });
    });
  }

  [[nodiscard]] Value read(std::string_view text) {
    Limits limits;
    limits.data_nesting = UINT32_MAX;
    limits.yaml_nodes = UINT32_MAX;
    ReadOptions options;
    options.rules = document_.rules();
    options.limits = &limits;
    options.first_origin = 0;
    const Result<Document, ReadError> read = reader_.read(arena_, text, document_.format(), options);
    return read ? read->root() : Value();
  }

  bool prove(std::span<const std::size_t> indices) {
    std::vector<Edit> edits;
    Value expected = before_;
    for (const std::size_t index : indices) {
      edits.insert(edits.end(), edits_[index].begin(), edits_[index].end());
      for (const Operation& operation : wanted_[index].operations)
        expected = apply(arena_, expected, document_.root_pointer(), operation);
    }
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    const Value after = read(apply_edits(document_.text(), edits));
    return expected.is_defined() && after.is_defined() && equal(expected, after);
  }

  void publish(std::size_t index) {
    if (!made_[index].refusal.empty()) return;
    for (Edit& edit : edits_[index]) {
      const TextPoint begin = codec::point_at(document_.text(), document_.place(), edit.begin);
      const TextPoint end = codec::point_at(document_.text(), document_.place(), edit.end);
      const std::string_view lines = layout_.between(layout_.line_begin(edit.begin), layout_.line_end(edit.end));
      made_[index].edits.push_back({begin.offset, end.offset, std::move(edit.text), begin.line, begin.column, end.line,
                                    end.column, std::string(lines)});
    }
  }

  const Document& document_;
  std::span<const Wanted> wanted_;
  Layout layout_;
  std::vector<std::vector<Edit>> edits_;
  std::vector<Made> made_;
  Reader reader_;
  Arena arena_;
  Value before_;
};

}  // namespace

std::vector<Made> make_fixes(const Document& document, std::span<const Wanted> wanted) {
  return Maker(document, wanted).run();
}

}  // namespace psdl::fix
