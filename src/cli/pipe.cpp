// psdl pipe: requests on standard input, answers on standard output, a line each.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "psdl/tools/gator.hpp"
#include "psdl/tools/inspect.hpp"
#include "psdl/tools/levels.hpp"

namespace psdl::cli {

int run_pipe(const Words& words) {
  Arguments arguments("pipe", "",
                      "Answers JSON requests (eval, check, parse, level, template), one a line, until its input ends; "
                      "docs/pipe.md tells the fields.",
                      "examples:\n  echo '{\"id\":1,\"verb\":\"eval\",\"query\":\"x = 1 + 1\"}' | psdl pipe\n");
  bool no_optimise = false;
  bool through_image = false;
  arguments.flag("--no-optimise", no_optimise, "run the code as the plan says it, step by step");
  bool binds_data = false;
  arguments.flag("--bind", binds_data, "bind the data of requests to their rules: the answers are the same");
  arguments.flag("--through-image", through_image,
                 "write each program as an image and run what is loaded from it: for tests of images");
  int exit_code = kClean;
  if (arguments.parse(words, exit_code) == Parsed::Stop) return exit_code;

  EngineOptions options;
  options.optimise = !no_optimise;
  tools::Pipe pipe(options, binds_data, through_image);
  tools::add_level_verb(pipe, options);
  tools::add_template_verb(pipe, options);
  Output out;
  std::string unread;
  std::size_t begin = 0;  // of what was not answered yet
  std::size_t searched = 0;
  constexpr std::size_t kPiece = 256 * 1024;
  for (;;) {
    const std::size_t end = unread.find('\n', searched);
    if (end != std::string::npos) {
      std::string_view line = std::string_view(unread).substr(begin, end - begin);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (!line.empty()) {
        out.write(pipe.answer(line));
        out.write("\n");
        out.flush();  // whoever sent this line may wait for its answer before it sends the next
      }
      begin = searched = end + 1;
      continue;
    }
    unread.erase(0, begin);
    begin = 0;
    searched = unread.size();
    unread.resize(searched + kPiece);
    ssize_t got = 0;
    do {
      got = ::read(0, unread.data() + searched, kPiece);
    } while (got < 0 && errno == EINTR);
    unread.resize(searched + static_cast<std::size_t>(got > 0 ? got : 0));
    if (got < 0) {
      complain(std::string("cannot read standard input: ") + std::strerror(errno));
      return kError;
    }
    if (got == 0) break;
  }
  if (!unread.empty()) {
    out.write(pipe.answer(unread));
    out.write("\n");
  }
  return out.finish() ? kClean : kError;
}

}  // namespace psdl::cli
