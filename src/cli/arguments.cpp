// The only file that sees CLI11.
#include "cli/arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <functional>

#include "cli/completion.hpp"
#include "cli/man.hpp"
#include "cli/output.hpp"
#include "cli/settings.hpp"

namespace psdl::cli {
namespace {

std::string option_name(std::string_view limit) {
  std::string name = "--limit-" + std::string(limit);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

// NO_COLOR turns off, the FORCE ones on, else a terminal that can.
bool wants_color(const std::string& color, int descriptor) {
  if (color == "always") return true;
  if (color == "never") return false;
  if (is_set("NO_COLOR")) return false;
  if (is_set("FORCE_COLOR") || is_set("CLICOLOR_FORCE")) return true;
  const char* terminal = std::getenv("TERM");
  return isatty(descriptor) == 1 && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

bool has_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!is_set(name)) continue;
    std::string value = std::getenv(name);
    std::transform(value.begin(), value.end(), value.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    // The plain C locale says nothing about the terminal; only a named charset does.
    return value == "c" || value == "posix" || value.find('.') == std::string::npos ||
           value.find("utf") != std::string::npos;
  }
  return true;
}

// Usage, what the verb does, examples, then options: CLI11's own has examples last, and a usage line that names every
// option before the arguments.
class Help final : public CLI::Formatter {
 public:
  explicit Help(std::string usage) : usage_(std::move(usage)) { column_width(34); }
  std::string make_usage(const CLI::App*, std::string) const override { return usage_; }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::string text = make_description(app) + make_usage(app, std::move(name));
    if (!app->get_footer().empty()) text += "\n" + app->get_footer();
    return text + make_groups(app, mode);
  }

 private:
  std::string usage_;
};

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    // `warn` is meant for `warning`, however many letters that leaves out.
    const bool begins = word.size() >= 3 && candidate.starts_with(word);
    const std::size_t d = begins ? 1 : tools::edit_distance(word, candidate);
    if (d < best_distance && d < candidate.size()) {
      best_distance = d;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string meant = nearest(word, candidates);
  return meant.empty() ? std::string() : fmt::format("; did you mean `{}`?", meant);
}

bool refuse_choice(std::string_view flag, std::string_view given, const std::vector<std::string>& allowed) {
  complain(fmt::format("{} takes {}, not `{}`{}", flag, fmt::join(allowed, ", "), tools::escape_for_terminal(given),
                       did_you_mean(given, allowed)));
  return false;
}

bool parse_count(std::string_view flag, std::string_view text, std::size_t most, std::size_t& number) {
  if (text.empty()) return true;
  std::size_t given = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), given);
  if (failure == std::errc() && end == text.data() + text.size() && given <= most) {
    number = given;
    return true;
  }
  const std::string up_to = most == SIZE_MAX ? std::string() : fmt::format(" up to {}", most);
  complain(fmt::format("{} takes a number{}, not `{}`", flag, up_to, tools::escape_for_terminal(text)));
  return false;
}

bool parse_amount(std::string_view limit, std::string_view text, std::uint64_t& amount) {
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, amount);
  if (failure != std::errc()) return false;
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  if (unit.empty()) return true;
  struct Unit {
    std::string_view name;
    std::uint64_t factor;
  };
  constexpr std::array<Unit, 9> bytes{{{"B", 1},
                                       {"KiB", 1024},
                                       {"MiB", 1024 * 1024},
                                       {"GiB", 1024ULL * 1024 * 1024},
                                       {"K", 1024},
                                       {"M", 1024 * 1024},
                                       {"G", 1024ULL * 1024 * 1024},
                                       {"KB", 1000},
                                       {"MB", 1'000'000}}};
  constexpr std::array<Unit, 5> times{
      {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}}};
  const auto apply = [&](const auto& units) {
    for (const Unit& one : units) {
      if (one.name != unit || amount > UINT64_MAX / one.factor) continue;
      amount *= one.factor;
      return true;
    }
    return false;
  };
  if (limit.ends_with("_ns")) return apply(times);
  if (limit.ends_with("bytes")) return apply(bytes);
  return false;
}

bool Globals::engine_options(EngineOptions& options) const {
  options.v0_compatible = v0_compatible;
  options.strict = strict;
  options.optimise = !no_optimise;
  for (const std::string& text : limits) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    std::uint64_t amount = 0;
    if (!parse_amount(name, std::string_view(text).substr(equals + 1), amount)) {
      complain(fmt::format("{} takes a number{}, not `{}`", option_name(name),
                           name.ends_with("_ns")     ? " with ns, us, ms or s"
                           : name.ends_with("bytes") ? " with or without KiB, MiB, GiB"
                                                     : "",
                           text.substr(equals + 1)));
      return false;
    }
    options.limits.emplace_back(name, amount);
  }
  if (!timeout.empty()) {
    std::uint64_t ns = 0;
    const bool is_plain = timeout.find_first_not_of("0123456789") == std::string::npos;  // plain numbers are seconds
    if (!parse_amount("time_ns", is_plain ? timeout + "s" : timeout, ns)) {
      complain(fmt::format("--timeout takes a time such as 500ms or 10s, not `{}`", timeout));
      return false;
    }
    options.limits.emplace_back("time_ns", ns == 0 ? UINT64_MAX : ns);
  }
  return true;
}

tools::TextStyle Globals::style(int descriptor) const {
  tools::TextStyle style;
  style.color = wants_color(color, descriptor);
  style.ascii = ascii || !has_utf8_locale();
  style.short_form = error_format == "short" || format() == "short";
  style.quiet = quiet;
  style.width = width;
  if (isatty(descriptor) == 1) {
    style.most_findings = 100;
    style.most_message_bytes = 1024;
    winsize size{};
    if (width == 0 && ioctl(descriptor, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  }
  return style;
}

std::string Globals::format() const {
  if (outputs.empty()) return {};
  return outputs.front().substr(0, outputs.front().find('='));
}

bool Globals::writes_any(std::span<const std::string_view> formats) const {
  return std::any_of(outputs.begin(), outputs.end(), [&](const std::string& output) {
    return std::find(formats.begin(), formats.end(), std::string_view(output).substr(0, output.find('='))) !=
           formats.end();
  });
}

struct Arguments::Impl {
  CLI::App app;
  std::string verb;
  std::string synopsis;
  std::string positional;
  std::string positional_help;
  std::string_view formats;
  Globals* globals = nullptr;
  std::vector<std::pair<std::string, std::unique_ptr<std::string>>> limits;
  bool lists_limits = false;
  std::string width;
  std::vector<std::string>* positionals = nullptr;
  // What to tell CLI11 once a word looks like a flag. `psdl eval RULE FILE` has none: declaring them was a tenth of a
  // whole run.
  std::vector<std::function<void(CLI::App&)>> declarations;
  // Whose value the environment may have.
  struct Variable {
    std::string names;
    bool* flag = nullptr;
    std::string* value = nullptr;
    std::vector<std::string>* list = nullptr;
  };
  std::vector<Variable> variables;
};

Arguments::Arguments(std::string_view verb, std::string_view synopsis, std::string_view description,
                     std::string_view examples)
    : impl_(std::make_unique<Impl>()) {
  impl_->verb = verb;
  impl_->synopsis = synopsis;
  impl_->app.name("psdl " + std::string(verb));
  impl_->app.description(std::string(description));
  impl_->app.formatter(
      std::make_shared<Help>(fmt::format("usage: psdl {}{}{}\n", verb, synopsis.empty() ? "" : " ", synopsis)));
  impl_->app.footer(std::string(examples));
  impl_->app.allow_extras();
  impl_->app.set_help_flag("-h,--help", "this text");
}
Arguments::~Arguments() = default;

void Arguments::flag(const std::string& names, bool& variable, const std::string& help) {
  impl_->variables.push_back({names, &variable});
  impl_->declarations.emplace_back([=, &variable](CLI::App& app) { app.add_flag(names, variable, help); });
}

void Arguments::value(const std::string& names, std::string& variable, const std::string& help,
                      const std::string& what) {
  impl_->variables.push_back({names, nullptr, &variable});
  impl_->declarations.emplace_back([=, &variable](CLI::App& app) {
    app.add_option(names, variable, help)->type_name(what)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  });
}

void Arguments::optional_value(const std::string& name, const std::string& without, std::string& variable,
                               const std::string& help, const std::string& what) {
  impl_->variables.push_back({name, nullptr, &variable});
  impl_->declarations.emplace_back([=, &variable](CLI::App& app) {
    app.add_flag(fmt::format("{}{{{}}}", name, without), variable, help)->type_name(what);
  });
}

void Arguments::list(const std::string& names, std::vector<std::string>& variable, const std::string& help,
                     const std::string& what) {
  impl_->variables.push_back({names, nullptr, nullptr, &variable});
  impl_->declarations.emplace_back([=, &variable](CLI::App& app) {
    app.add_option(names, variable, help)->type_name(what)->allow_extra_args(false);
  });
}

void Arguments::positionals(const std::string& name, std::vector<std::string>& variable, const std::string& help) {
  // Not declared to CLI11: it would take a query such as `[a, b]` for its own way of writing lists.
  impl_->positionals = &variable;
  impl_->positional = name;
  impl_->positional_help = help;
}

void Arguments::globals(Globals& globals, std::string_view formats) {
  impl_->globals = &globals;
  impl_->formats = formats;
  impl_->declarations.emplace_back([&globals, formats, &width = impl_->width,
                                    &lists_limits = impl_->lists_limits](CLI::App& app) {
    const std::string group(kGlobalOptions);
    if (formats != kNoOutput)
      app.add_option("-o,--output", globals.outputs, "format, or format=path; may be repeated")
          ->type_name("FMT[=PATH]")
          ->allow_extra_args(false)
          ->group(group);
    app.add_option("--error-format", globals.error_format, "blocks with the lines shown, or file:line:column: message")
        ->type_name("rich|short")
        ->group(group);
    app.add_option("--color", globals.color, "colours; auto: on a terminal")
        ->type_name("auto|always|never")
        ->group(group);
    app.add_option("--width", width, "columns of source lines that are shown")->type_name("N")->group(group);
    app.add_option("--timeout", globals.timeout, "wall time for one document: 500ms, 10s; 0 for none")
        ->type_name("TIME")
        ->group(group);
    app.add_option("--stdin-filename", globals.stdin_filename, "how standard input is called in messages")
        ->type_name("NAME")
        ->group(group);
    app.add_flag("--quiet", globals.quiet, "findings only, no summary")->group(group);
    app.add_flag("--ascii", globals.ascii, "show everything beyond ASCII as escapes")->group(group);
    app.add_flag("--strict", globals.strict,
                 "unused imports, variables and arguments are errors, and fields that Kubernetes does not know")
        ->group(group);
    app.add_flag("--no-optimise", globals.no_optimise, "run the code as the plan says it, step by step")->group(group);
    app.add_flag("--v0-compatible", globals.v0_compatible, "read .rego files as Rego v0")->group(group);
    app.add_flag("--help-limits", lists_limits, "list the limits, each set by --limit-NAME VALUE")->group(group);
  });
}

// Some thirty options that a run seldom names: declaring them took a tenth of a whole run's instructions, so it is left
// until a word asks for it.
void Arguments::declare_limits(const std::vector<std::string>& words) {
  if (impl_->globals == nullptr) return;
  const auto asks = [&](auto is_it) { return std::any_of(words.begin(), words.end(), is_it); };
  const bool for_tree = asks([](const std::string& word) { return word == kAsksForCandidates; });
  if (!for_tree && !asks([](const std::string& word) { return word.starts_with("--limit-"); })) return;
  for (const LimitInfo& limit : limits()) {
    impl_->limits.emplace_back(limit.name, std::make_unique<std::string>());
    // `--limit-object` too: a value says its unit itself.
    const std::string name = option_name(limit.name);
    const std::string names = name.ends_with("-bytes") ? name.substr(0, name.size() - 6) + "," + name : name;
    const std::string help = fmt::format("{}; default {}, at most {}", limit.counts, limit.value, limit.most);
    // --help has no room for them: --help-limits lists them.
    impl_->app.add_option(names, *impl_->limits.back().second, help)
        ->type_name("VALUE")
        ->group(for_tree ? std::string(kLimits) : std::string());
  }
}

bool Arguments::take_environment() {
  bool any = false;
  for (char** entry = environ; *entry != nullptr && !any; ++entry) any = std::string_view(*entry).starts_with("PSDL_");
  if (!any) return true;
  std::vector<Impl::Variable> variables = impl_->variables;
  if (Globals* globals = impl_->globals; globals != nullptr) {
    for (const Impl::Variable& one : std::initializer_list<Impl::Variable>{
             {"--output", nullptr, nullptr, &globals->outputs},
             {"--error-format", nullptr, &globals->error_format},
             {"--color", nullptr, &globals->color},
             {"--width", nullptr, &impl_->width},
             {"--timeout", nullptr, &globals->timeout},
             {"--stdin-filename", nullptr, &globals->stdin_filename},
             {"--quiet", &globals->quiet},
             {"--ascii", &globals->ascii},
             {"--strict", &globals->strict},
             {"--no-optimise", &globals->no_optimise},
             {"--v0-compatible", &globals->v0_compatible}}) {
      variables.push_back(one);
    }
  }
  for (const Impl::Variable& variable : variables) {
    const std::string flag = variable.names.substr(variable.names.rfind(',') + 1);
    const char* text = flag.starts_with("--") ? environment_value(flag) : nullptr;
    const CLI::Option* option = impl_->app.get_option_no_throw(flag);
    if (text == nullptr || (option != nullptr && option->count() > 0)) continue;
    const std::string_view value = text;
    if (variable.value != nullptr) *variable.value = value;
    if (variable.list != nullptr) {
      for (std::string_view rest = value; !rest.empty();) {
        const std::size_t end = rest.find(',');
        variable.list->emplace_back(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
    }
    if (variable.flag == nullptr) continue;
    if (value != "1" && value != "true" && value != "0" && value != "false") {
      complain(fmt::format("{} is 1, true, 0 or false, not `{}`", environment_name(flag),
                           tools::escape_for_terminal(value)));
      return false;
    }
    *variable.flag = value == "1" || value == "true";
  }
  for (const LimitInfo& limit : impl_->globals != nullptr ? limits() : std::span<const LimitInfo>()) {
    const std::string flag = option_name(limit.name);
    const char* text = environment_value(flag);
    const CLI::Option* option = impl_->app.get_option_no_throw(flag);
    if (text == nullptr || (option != nullptr && option->count() > 0)) continue;
    impl_->globals->limits.push_back(fmt::format("{}={}", limit.name, text));
  }
  return true;
}

namespace {

std::string limits_help() {
  std::string text;
  for (const LimitInfo& limit : limits()) {
    text += fmt::format("  {:<32}{}; default {}, at most {}\n", option_name(limit.name) + " VALUE", limit.counts,
                        limit.value, limit.most);
  }
  return text;
}

}  // namespace

void Arguments::declare_all(const std::vector<std::string>& words) {
  for (const auto& declare : impl_->declarations) declare(impl_->app);
  declare_limits(words);
}

OptionTree Arguments::tree() {
  if (impl_->app.get_options().size() <= 1) declare_all({std::string(kAsksForCandidates)});
  OptionTree tree{impl_->verb,       impl_->synopsis,        impl_->app.get_description(), impl_->app.get_footer(),
                  impl_->positional, impl_->positional_help, {}};
  for (const CLI::Option* option : impl_->app.get_options()) {
    OptionInfo info;
    for (const std::string& name : option->get_snames()) info.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) info.names.push_back("--" + name);
    // A flag whose name has a value of its own is one whose value may be left out.
    info.is_value_optional = !option->get_fnames().empty();
    if (option->get_items_expected_max() > 0 || info.is_value_optional) info.what = option->get_type_name();
    if (info.names.back() == "--output") info.choices = impl_->formats;
    info.help = option->get_description();
    info.group = option->get_group();
    info.is_repeatable = option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw && !info.what.empty();
    tree.options.push_back(std::move(info));
  }
  return tree;
}

Parsed Arguments::answer_about_itself(const std::vector<std::string>& words, int& exit_code) {
  const auto answer = [&](Output&& out) {
    out.write(words.front() == kAsksForPage ? man_page(tree()) : candidates(tree(), {words.begin() + 1, words.end()}));
    return out.finish() ? kClean : kError;
  };
  exit_code = words.front() == kAsksForPage && words.size() == 2 ? answer(Output(words.back())) : answer(Output());
  return Parsed::Stop;
}

Parsed Arguments::parse(const std::vector<std::string>& arguments, int& exit_code) {
  if (!arguments.empty() && (arguments.front() == kAsksForPage || arguments.front() == kAsksForCandidates))
    return answer_about_itself(arguments, exit_code);
  // Behind `--` nothing is a flag.
  const auto flags_end = std::find(arguments.begin(), arguments.end(), "--");
  std::vector<std::string> remaining(arguments.begin(), flags_end);
  const std::vector<std::string> behind(flags_end == arguments.end() ? flags_end : flags_end + 1, arguments.end());
  const bool has_flags = std::any_of(remaining.begin(), remaining.end(),
                                     [](const std::string& word) { return word.starts_with('-') && word != "-"; });
  if (has_flags) {
    declare_all(remaining);
  }
  std::vector<std::string> reversed(remaining.rbegin(), remaining.rend());
  try {
    if (has_flags) {
      impl_->app.parse(reversed);
      remaining = impl_->app.remaining();
    }
  } catch (const CLI::CallForHelp&) {
    if (!impl_->positional.empty()) {
      impl_->app.description(
          fmt::format("{}\n\n{:<11} {}", impl_->app.get_description(), impl_->positional, impl_->positional_help));
    }
    Output out;
    out.write(impl_->app.help());
    exit_code = out.finish() ? kClean : kError;
    return Parsed::Stop;
  } catch (const CLI::ParseError& error) {
    std::string message = error.what();
    while (!message.empty() && message.back() == '\n') message.pop_back();
    complain(fmt::format("{}; see psdl {} --help", message, impl_->verb));
    exit_code = kError;
    return Parsed::Stop;
  }
  if (impl_->lists_limits) {
    Output out;
    out.write(limits_help());
    exit_code = out.finish() ? kClean : kError;
    return Parsed::Stop;
  }
  exit_code = kError;
  // A variable of a script that is not set must not turn into the default.
  const auto has_values = [](const CLI::Option* one) { return one->count() > 0 && one->get_items_expected_max() > 0; };
  for (const CLI::Option* option : impl_->app.get_options(has_values)) {
    const std::vector<std::string>& values = option->results();
    if (std::find(values.begin(), values.end(), std::string()) == values.end()) continue;
    complain(fmt::format("{} is empty; see psdl {} --help", option->get_name(), impl_->verb));
    return Parsed::Stop;
  }
  for (const std::string& given : remaining) {
    const bool is_flag = given.size() > 1 && given.front() == '-' && !(given[1] >= '0' && given[1] <= '9');
    if (!is_flag && impl_->positionals != nullptr) {
      impl_->positionals->push_back(given);
      continue;
    }
    std::vector<std::string> names;
    for (const CLI::Option* option : impl_->app.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    if (impl_->globals != nullptr) {
      for (const LimitInfo& limit : limits()) names.push_back(option_name(limit.name));
    }
    const std::string word = given.substr(0, given.find('='));
    if (!is_flag) {
      complain(fmt::format("unexpected argument `{}`; see psdl {} --help", word, impl_->verb));
      return Parsed::Stop;
    }
    complain(fmt::format("unknown flag `{}`{}; see psdl {} --help", word, did_you_mean(word, names), impl_->verb));
    return Parsed::Stop;
  }
  if (!behind.empty() && impl_->positionals == nullptr) {
    complain(fmt::format("unexpected argument `{}`; see psdl {} --help", tools::escape_for_terminal(behind.front()),
                         impl_->verb));
    return Parsed::Stop;
  }
  if (impl_->positionals != nullptr)
    impl_->positionals->insert(impl_->positionals->end(), behind.begin(), behind.end());
  if (!take_environment()) return Parsed::Stop;
  if (impl_->globals == nullptr) {
    exit_code = kClean;
    return Parsed::Go;
  }
  Globals& globals = *impl_->globals;
  for (const auto& [name, text] : impl_->limits) {
    if (!text->empty()) globals.limits.push_back(name + "=" + *text);
  }
  const auto check = [&](std::string_view flag, const std::string& value,
                         std::initializer_list<std::string_view> allowed) {
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return true;
    complain(fmt::format("{} takes one of {}, not `{}`", flag, fmt::join(allowed, ", "), value));
    return false;
  };
  if (!check("--color", globals.color, {"auto", "always", "never"})) return Parsed::Stop;
  if (!check("--error-format", globals.error_format, {"rich", "short"})) return Parsed::Stop;
  if (!impl_->width.empty()) {
    const char* end = impl_->width.data() + impl_->width.size();
    if (std::from_chars(impl_->width.data(), end, globals.width).ptr != end) {
      complain(fmt::format("--width takes a number, not `{}`", impl_->width));
      return Parsed::Stop;
    }
  }
  exit_code = kClean;
  return Parsed::Go;
}

}  // namespace psdl::cli
