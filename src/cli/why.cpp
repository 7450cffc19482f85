// Answers on their way out.
#include "cli/why.hpp"

#include "cli/verbs.hpp"

namespace psdl::cli {

bool WhyOutput::open() {
  const std::string format = globals_.format();
  is_json_ = format == "json";
  return is_json_ || format.empty() || format == "text" || refuse_choice("--why with -o", format, {"text", "json"});
}

void WhyOutput::add(const tools::WhyAnswer& answer) {
  if (!answer.errors.empty()) {
    show(answer.errors, globals_);
    has_errors_ = true;
  }
  if (is_json_) {
    answers_.push_back(answer);
    return;
  }
  if (answer.rule.empty()) return;  // the document could not be read
  const tools::TextStyle style = globals_.style(1);
  if (several_files_ || answer.document.find('#') != std::string::npos)
    out_.write(tools::escape_for_terminal(answer.document, style.ascii) + ": ");
  out_.write(tools::render_why(answer, style));
}

bool WhyOutput::finish() {
  if (is_json_) out_.write(tools::render_why_json(answers_));
  return out_.finish();
}

}  // namespace psdl::cli
