// Runs a command several times, one after another. In: a count and a command; out: one JSON object with wall time,
// processor time, peak memory and exit code of each run. Its standard output is dropped.
//
// A program of its own because a child's peak memory starts at its parent's: Python would hide how small the child is.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Run {
  long long wall_ns = 0;
  long long processor_ns = 0;
  long peak_kib = 0;
  int exit = 0;
};

long long nanoseconds(const timeval& time) { return time.tv_sec * 1'000'000'000LL + time.tv_usec * 1'000LL; }

bool run(char** command, const posix_spawn_file_actions_t& actions, Run& out) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  pid_t child = 0;
  if (const int error = posix_spawnp(&child, command[0], &actions, nullptr, command, environ); error != 0) {
    std::fprintf(stderr, "psdl_launch: %s: %s\n", command[0], std::strerror(error));
    return false;
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child) return false;
  out.wall_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
  out.processor_ns = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
  out.peak_kib = usage.ru_maxrss;
  out.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 2 ? std::atoi(argv[1]) : 0;
  if (count < 1) {
    std::fprintf(stderr, "usage: psdl_launch RUNS COMMAND [ARGUMENT..]\n");
    return 2;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  std::printf("{\"runs\":[");
  for (int i = 0; i < count; ++i) {
    Run one;
    if (!run(argv + 2, actions, one)) return 2;
    std::printf("%s{\"wall_ns\":%lld,\"processor_ns\":%lld,\"peak_kib\":%ld,\"exit\":%d}", i == 0 ? "" : ",",
                one.wall_ns, one.processor_ns, one.peak_kib, one.exit);
  }
  std::printf("]}\n");
  return 0;
}
