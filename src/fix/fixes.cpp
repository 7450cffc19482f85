// Edits of all fixes first, then proofs in as few readings of the text as there are fixes that meet.
#include "fix/fixes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "codec/reader.hpp"

namespace psdl::fix {
namespace {

// What is read back of one document to prove its fixes, at most: as a rule two or three texts are, but fixes that meet
// are proven one after the other, and there may be as many as there are items in a list.
constexpr std::size_t kMostBytesRead = 16U * 1024 * 1024;
constexpr std::size_t kLeastReadings = 16;

// Fixes that can be proven in one reading.
class Together {
 public:
  // False where it meets one of the others.
  bool take(const Wanted& wanted, const std::vector<Edit>& edits) {
    if (std::any_of(edits.begin(), edits.end(), [this](const Edit& edit) { return meets(edit); })) return false;
    // Two that take something out of one list or map: indices move, and nothing may be left where one alone leaves the
    // other.
    for (const Operation& one : wanted.operations) {
      if (one.kind == Operation::Kind::Remove && emptied_.count(above(one)) > 0) return false;
    }
    for (const Edit& edit : edits) edits_.emplace(edit.begin, &edit);
    for (const Operation& one : wanted.operations) {
      if (one.kind == Operation::Kind::Remove) emptied_.insert(above(one));
    }
    return true;
  }

 private:
  static std::string_view above(const Operation& one) {
    return std::string_view(one.path).substr(0, one.path.rfind('/'));
  }

  // Those that are in are apart from each other, so that only the neighbours can be met.
  [[nodiscard]] bool meets(const Edit& edit) const {
    const auto behind = edits_.upper_bound(edit.begin);
    if (behind != edits_.end() && !are_apart(edit, *behind->second)) return true;
    return behind != edits_.begin() && !are_apart(edit, *std::prev(behind)->second);
  }

  std::map<std::size_t, const Edit*> edits_;  // by where they begin
  std::set<std::string_view> emptied_;
};

class Maker {
 public:
  Maker(const Document& document, std::span<const Wanted> wanted)
      : document_(document),
        wanted_(wanted),
        layout_(layout_of(document)),
        edits_(wanted.size()),
        made_(wanted.size()),
        readings_left_(std::max(kLeastReadings, kMostBytesRead / std::max<std::size_t>(document.text().size(), 1))) {}

  std::vector<Made> run() {
    const std::vector<std::size_t> firsts = first_of_same();
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (firsts[i] == i && plan(i)) open.push_back(i);
    }
    if (!open.empty()) before_ = read(arena_, document_.text());
    while (!open.empty()) {
      Together together;
      std::vector<std::size_t> chosen;
      std::vector<std::size_t> later;
      for (const std::size_t i : open) (together.take(wanted_[i], edits_[i]) ? chosen : later).push_back(i);
      prove_each(chosen);
      open = std::move(later);
    }
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      if (firsts[i] == i) {
        publish(i);
      } else {
        made_[i] = made_[firsts[i]];
      }
    }
    return std::move(made_);
  }

 private:
  // For each fix the first that does the same: a pod whose containers all want one field of the pod has many.
  [[nodiscard]] std::vector<std::size_t> first_of_same() const {
    std::vector<std::size_t> firsts(wanted_.size());
    std::map<std::string, std::vector<std::size_t>> by_places;
    for (std::size_t i = 0; i < wanted_.size(); ++i) {
      std::string places;
      for (const Operation& one : wanted_[i].operations)
        places.append({static_cast<char>('0' + static_cast<int>(one.kind)), ' '}).append(one.path).push_back('\n');
      std::vector<std::size_t>& others = by_places[places];
      const auto same = std::find_if(others.begin(), others.end(), [&](std::size_t other) {
        return std::equal(wanted_[i].operations.begin(), wanted_[i].operations.end(), wanted_[other].operations.begin(),
                          [](const Operation& a, const Operation& b) {
                            return a.kind == Operation::Kind::Remove || equal(a.value, b.value);
                          });
      });
      firsts[i] = same == others.end() ? i : *same;
      if (same == others.end()) others.push_back(i);
    }
    return firsts;
  }

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

  [[nodiscard]] Value read(Arena& arena, std::string_view text) {
    Limits limits;
    limits.data_nesting = UINT32_MAX;
    limits.yaml_nodes = UINT32_MAX;
    ReadOptions options;
    options.rules = document_.rules();
    options.limits = &limits;
    options.first_origin = 0;
    const Result<Document, ReadError> read = reader_.read(arena, text, document_.format(), options);
    return read ? read->root() : Value();
  }

  // Where they do not hold together, one half after the other: a few that are wrong cost little.
  void prove_each(std::span<const std::size_t> indices) {
    const bool may_read = readings_left_ > 0;
    if (may_read && prove(indices)) return;
    if (may_read && indices.size() > 1) {
      prove_each(indices.first(indices.size() / 2));
      prove_each(indices.subspan(indices.size() / 2));
      return;
    }
    for (const std::size_t i : indices) {
      made_[i].refusal = may_read ? "the text does not read back as it was meant to"
                                  : "more changes meet in this text than are proven at once: mend others first";
    }
  }

  bool prove(std::span<const std::size_t> indices) {
    --readings_left_;
    Arena arena;
    std::vector<Edit> edits;
    std::vector<const Operation*> operations;
    for (const std::size_t index : indices) {
      edits.insert(edits.end(), edits_[index].begin(), edits_[index].end());
      for (const Operation& operation : wanted_[index].operations) operations.push_back(&operation);
    }
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
    const Value after = read(arena, apply_edits(document_.text(), edits));
    if (!before_.is_defined() || !after.is_defined()) return false;
    return equal(apply(arena, before_, document_.root_pointer(), operations), after);
  }

  void publish(std::size_t index) {
    if (!made_[index].refusal.empty()) return;
    for (Edit& edit : edits_[index]) {
      const TextPoint begin = layout_.points.at(edit.begin);
      const TextPoint end = layout_.points.at(edit.end);
      const Stretch lines = layout_.lines_around(edit.begin, edit.end);
      made_[index].edits.push_back({begin.offset, end.offset, std::move(edit.text), begin.line, begin.column, end.line,
                                    end.column, std::string(layout_.between(lines.begin, lines.end)),
                                    layout_.points.at(lines.begin).column, lines.is_cut,
                                    edit.entries == 0 ? 0 : layout_.points.at(edit.taken_from).offset, edit.entries});
    }
  }

  const Document& document_;
  std::span<const Wanted> wanted_;
  Layout layout_;
  std::vector<std::vector<Edit>> edits_;
  std::vector<Made> made_;
  Reader reader_;
  Arena arena_;
  Value before_;  // in it
  std::size_t readings_left_;
};

}  // namespace

std::vector<Made> make_fixes(const Document& document, std::span<const Wanted> wanted) {
  return Maker(document, wanted).run();
}

}  // namespace psdl::fix
