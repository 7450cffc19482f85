// A profile as a table, as folded stacks, as a flame graph. In: rows and stacks; out: text, SVG.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "psdl/tools/watch.hpp"
#include "report/escape.hpp"

namespace psdl::tools {
namespace {

std::string duration(std::int64_t ns) {
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.1f} us", static_cast<double>(ns) / 1e3);
  if (ns < 1'000'000'000) return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6);
  return fmt::format("{:.2f} s", static_cast<double>(ns) / 1e9);
}

using Order = std::function<int(const ProfileRow&, const ProfileRow&)>;

// Numbers largest first, places as they stand.
template <class Member>
Order largest(Member member) {
  return [member](const ProfileRow& a, const ProfileRow& b) { return a.*member == b.*member ? 0 : a.*member > b.*member ? -1 : 1; };
}

bool order_named(std::string_view name, Order& order) {
  if (name == "total_time_ns") order = largest(&ProfileRow::time_ns);
  else if (name == "num_eval") order = largest(&ProfileRow::evaluations);
  else if (name == "num_redo") order = largest(&ProfileRow::redos);
  else if (name == "num_gen_expr") order = largest(&ProfileRow::generated);
  else if (name == "file") order = [](const ProfileRow& a, const ProfileRow& b) { return a.file.compare(b.file); };
  else if (name == "line") order = [](const ProfileRow& a, const ProfileRow& b) { return a.line == b.line ? 0 : a.line < b.line ? -1 : 1; };
  else return false;
  return true;
}

// The stacks as a tree: what flame graphs draw.
struct Flame {
  std::int64_t self_ns = 0;
  std::int64_t whole_ns = 0;
  std::map<std::string, std::unique_ptr<Flame>> children;

  std::int64_t measure() {
    whole_ns = self_ns;
    for (auto& [name, child] : children) whole_ns += child->measure();
    return whole_ns;
  }
  [[nodiscard]] std::size_t height() const {
    std::size_t most = 0;
    for (const auto& [name, child] : children) most = std::max(most, child->height());
    return most + 1;
  }
};

constexpr double kWidth = 1200;
constexpr std::size_t kRow = 18;
constexpr double kLetter = 6.6;    // of 11 px monospace
constexpr double kNarrowest = 0.3;  // pixels; narrower ones are left out

std::string_view color_of(const std::string& name) { return name.starts_with("data.") ? "#f4a259" : "#f6d186"; }

void draw(const Flame& flame, const std::string& name, double x, double width, std::size_t depth, std::size_t rows, std::int64_t all, std::string& out) {
  if (width < kNarrowest) return;
  const std::size_t y = (rows - depth - 1) * kRow + 30;
  const double percent = all > 0 ? 100.0 * static_cast<double>(flame.whole_ns) / static_cast<double>(all) : 0;
  const std::string shown = report::xml_text(name);
  out += fmt::format("<g><title>{} ({}, {:.1f} %)</title><rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\" stroke=\"#fff\"/>", shown,
                     duration(flame.whole_ns), percent, x, y, width, kRow - 1, color_of(name));
  const auto letters = static_cast<std::size_t>(width / kLetter);
  if (letters > 4) {
    std::string cut = escape_for_terminal(name, true);
    if (cut.size() > letters - 1) cut = cut.substr(0, letters - 3) + "..";
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", x + 3, y + 13, report::xml_text(cut));
  }
  out += "</g>\n";
  double at = x;
  for (const auto& [child_name, child] : flame.children) {
    const double part = flame.whole_ns > 0 ? width * static_cast<double>(child->whole_ns) / static_cast<double>(flame.whole_ns) : 0;
    draw(*child, child_name, at, part, depth + 1, rows, all, out);
    at += part;
  }
}

}  // namespace

bool sort_profile(Profile& profile, const std::vector<std::string>& order) {
  std::vector<Order> orders;
  for (const std::string& name : order) {
    orders.emplace_back();
    if (!order_named(name, orders.back())) return false;
  }
  std::stable_sort(profile.rows.begin(), profile.rows.end(), [&](const ProfileRow& a, const ProfileRow& b) {
    for (const Order& one : orders) {
      if (const int sign = one(a, b); sign != 0) return sign < 0;
    }
    return false;
  });
  return true;
}

std::string render_profile(const Profile& profile, std::size_t most, const TextStyle& style) {
  std::size_t place = std::string_view("LOCATION").size();
  const std::size_t shown = most == 0 ? profile.rows.size() : std::min(most, profile.rows.size());
  std::vector<std::string> places;
  for (std::size_t i = 0; i < shown; ++i) {
    const ProfileRow& row = profile.rows[i];
    places.push_back(row.file.empty() ? std::string("query") : fmt::format("{}:{}", escape_for_terminal(row.file, style.ascii), row.line));
    place = std::max(place, places.back().size());
  }
  std::string out = fmt::format("{:>9}  {:>8}  {:>8}  {:>4}  {:<{}}  EXPRESSION\n", "TIME", "EVAL", "REDO", "GEN", "LOCATION", place);
  for (std::size_t i = 0; i < shown; ++i) {
    const ProfileRow& row = profile.rows[i];
    out += fmt::format("{:>9}  {:>8}  {:>8}  {:>4}  {:<{}}  {}\n", duration(row.time_ns), row.evaluations, row.redos, row.generated, places[i], place,
                       escape_for_terminal(row.expression, style.ascii));
  }
  if (shown < profile.rows.size()) out += fmt::format(".. and {} more expressions\n", profile.rows.size() - shown);
  return out;
}

std::string render_folded(const Profile& profile) {
  std::string out;
  for (const ProfileStack& stack : profile.stacks) {
    std::string line;
    for (const std::string& frame : stack.frames) {
      std::string shown = escape_for_terminal(frame);
      std::replace(shown.begin(), shown.end(), ';', ',');  // it stands between frames
      line += (line.empty() ? "" : ";") + shown;
    }
    out += fmt::format("{} {}\n", line, stack.self_ns);
  }
  return out;
}

std::string render_flame_graph(const Profile& profile) {
  Flame root;
  for (const ProfileStack& stack : profile.stacks) {
    Flame* at = &root;
    for (const std::string& frame : stack.frames) {
      std::unique_ptr<Flame>& child = at->children[frame];
      if (child == nullptr) child = std::make_unique<Flame>();
      at = child.get();
    }
    at->self_ns += stack.self_ns;
  }
  root.measure();
  const std::size_t rows = root.height();
  const std::size_t height = rows * kRow + 40;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1}\" viewBox=\"0 0 {0:.0f} {1}\" font-family=\"monospace\" font-size=\"11\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"8\" y=\"18\">{2}: rules and their expressions, callers below</text>\n",
      kWidth, height, duration(root.whole_ns));
  draw(root, "all", 0, kWidth, 0, rows, root.whole_ns, out);
  return out + "</svg>\n";
}

}  // namespace psdl::tools
