// What the session works on: files, the document, definitions. Each command makes other contents and has them taken.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "repl/replace_file.hpp"
#include "repl/session.hpp"
#include "repl/words.hpp"

namespace psdl::repl {
namespace {

std::string in_single_quotes(std::string_view text) {
  std::string made = "'";
  for (const char c : text) made += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return made + "'";
}

// Reads again what the user named, once each: of a directory the files that it has now.
bool read_again(std::vector<TextFile>& files, std::string& problem) {
  std::vector<TextFile> now;
  std::vector<std::string> read;
  for (const TextFile& one : files) {
    if (std::find(read.begin(), read.end(), one.named_as) != read.end()) continue;
    read.push_back(one.named_as);
    if (!find_files(one.named_as, now, problem)) return false;
  }
  files = std::move(now);
  return true;
}

// One, where there is something of that whole name: it may have blanks.
std::vector<std::string> named_paths(std::string_view text) {
  std::vector<std::string> whole = {std::string(text)};
  return is_there(whole.front()) ? whole : split_words(text);
}

TextFile* find_file(std::vector<TextFile>& files, std::string_view name) {
  if (name.empty()) return files.size() == 1 ? &files.front() : nullptr;
  const std::string below = "/" + std::string(name);
  const auto is_it = [&](const TextFile& one) { return one.path == name || one.path.ends_with(below); };
  const auto found = std::find_if(files.begin(), files.end(), is_it);
  return found == files.end() ? nullptr : &*found;
}

}  // namespace

void Session::load(std::string_view rest) {
  if (refuse_while_stopped()) return;
  if (rest.empty()) return complain("name a rule file or a directory of them: :load rules/");
  Contents next = workspace_.contents();
  std::string problem;
  for (const std::string& path : named_paths(rest)) {
    if (!find_files(path, is_data_file(path) ? next.data : next.files, problem)) return complain(problem);
  }
  if (change(std::move(next), Told::Short)) tell(safe(workspace_.describe_rules()) + "\n");
}

void Session::reload(std::string_view /*rest*/) {
  if (refuse_while_stopped()) return;
  Contents next = workspace_.contents();
  std::string dropped;
  for (const TextFile& one : next.files) {
    if (one.is_changed()) dropped += fmt::format("what was edited of {} and not saved is gone\n", one.path);
  }
  std::string problem;
  if (!read_again(next.files, problem) || !read_again(next.data, problem)) return complain(problem);
  if (next.input.text != nullptr) {
    std::string text;
    if (!read_input(next.input.path, text, problem)) return complain(problem);
    next.input.text = std::make_shared<const std::string>(std::move(text));
  }
  if (change(std::move(next), Told::Short)) tell(safe_lines(dropped) + safe(workspace_.describe_rules()) + "\n");
}

// A file that somebody else wrote to since it was read is left alone.
void Session::save_edited() {
  std::string problem;
  std::size_t saved = 0;
  const std::vector<TextFile> files = workspace_.contents().files;
  for (const TextFile& one : files) {
    if (!one.is_changed()) continue;
    std::string there;
    const bool is_there = read_text(one.path, there, problem);
    if (is_there && there != one.saved_text) {
      complain(fmt::format("{} has changed since it was read; :reload takes that, without the edits here", one.path));
      return;
    }
    const bool is_written = is_there ? replace_file(one.path, one.saved_text, one.text, problem)
                                     : write_new(one.path, one.text, problem);
    if (!is_written) return complain(problem);
    workspace_.note_saved(one.path);
    ++saved;
    tell(safe(fmt::format("saved {}", one.path)) + "\n");
  }
  if (saved == 0) tell("no file was edited; :save FILE writes what was defined here\n");
}

void Session::save(std::string_view rest) {
  if (rest.empty()) return save_edited();
  const Contents& now = workspace_.contents();
  const auto defined = now.definitions.find(now.package);
  if (defined == now.definitions.end() || defined->second.empty()) return complain("nothing was defined here");
  const std::string path(rest);
  std::string problem;
  if (!write_new(path, workspace_.file_text(path.ends_with(".rego")), problem)) return complain(problem);
  tell(safe(fmt::format("saved {}", path)) + "\n");
}

void Session::edit(std::string_view rest) {
  if (refuse_while_stopped()) return;
  const std::size_t colon = rest.rfind(':');
  const std::string_view behind = colon == std::string_view::npos ? std::string_view() : rest.substr(colon + 1);
  const std::string_view digits = is_number(rest) ? rest : is_number(behind) ? behind : std::string_view();
  const std::string_view name = is_number(rest) ? "" : is_number(behind) ? rest.substr(0, colon) : rest;
  Contents next = workspace_.contents();
  TextFile* file = find_file(next.files, name);
  if (file == nullptr && name.empty()) return complain("name a file: :edit draft.psdl:5");
  if (file == nullptr) return complain(fmt::format("{} is not loaded; :load it first", name));
  if (!digits.empty()) return edit_line(std::move(next), *file, std::stoul(std::string(digits)));
  if (file->is_changed()) return complain(fmt::format("{} was edited here; :save it first", file->path));
  const char* editor = std::getenv("EDITOR");
  const bool has_editor = editor != nullptr && !trimmed(editor).empty();
  const std::string command = fmt::format("{} {}", has_editor ? editor : "vi", in_single_quotes(file->path));
  const int code = terminal_.run_command(command);
  if (code != 0) return complain(fmt::format("the editor ended with {}", code));
  reload({});
}

// `file` is one of `next`.
void Session::edit_line(Contents next, TextFile& file, std::size_t line) {
  const std::optional<LinePlace> place = find_line(file.text, line);
  if (!place) return complain(fmt::format("{} has no line {}", file.path, line));
  const std::optional<std::string> typed = terminal_.read(kMorePrompt);
  if (!typed) return;
  std::size_t indented = place->begin;
  while (indented < place->end && (file.text[indented] == ' ' || file.text[indented] == '\t')) ++indented;
  file.text.replace(indented, place->end - indented, trimmed(*typed));
  const std::string path = file.path;
  if (!change(std::move(next), Told::Short)) return;
  tell(safe(fmt::format("{} reloaded in memory (:save to write)", path)) + "\n");
}

void Session::input(std::string_view rest) {
  if (!rest.empty()) {
    if (refuse_while_stopped()) return;
    Contents next = workspace_.contents();
    if (rest == "off") {
      next.input = {};
    } else if (!find_input(std::string(rest), next.input)) {
      return;
    }
    if (!change(std::move(next), Told::Short)) return;
  }
  tell(safe(workspace_.describe_input()) + "\n");
}

void Session::data(std::string_view rest) {
  if (!rest.empty()) {
    for (const std::string& path : named_paths(rest)) {
      if (!is_data_file(path)) return complain(fmt::format("{} is no data file (*.json, *.yaml)", path));
    }
    return load(rest);
  }
  for (const TextFile& one : workspace_.contents().data) write(safe(one.path) + "\n");
  if (workspace_.contents().data.empty()) tell("no data documents; :data FILE adds one\n");
}

void Session::show(std::string_view /*rest*/) {
  const Contents& now = workspace_.contents();
  write(safe_lines(now.module_text(now.package)));
}

void Session::unset(std::string_view rest) {
  if (refuse_while_stopped()) return;
  Contents next = workspace_.contents();
  const auto is_it = [&](const std::string& one) { return defined_name(one) == rest; };
  if (std::erase_if(next.definitions[next.package], is_it) == 0) {
    return complain(fmt::format("{}.{} was not defined here", next.package, rest));
  }
  static_cast<void>(change(std::move(next), Told::Short));
}

}  // namespace psdl::repl
