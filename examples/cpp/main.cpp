// A host of the engine: compiles one rule and judges files by it, and by the restricted standard. In: paths; out: a line for each finding.
// Exit status 1 where there are findings, 2 where something was not judged.
#include <fstream>
#include <iostream>
#include <iterator>
#include <psdl/psdl.hpp>
#include <psdl/standards.hpp>
#include <string>

namespace {

constexpr std::string_view kRule = R"(package host

deny contains sprintf("image %q has no tag", [container.image]) if {
    some container in input.spec.containers
    not contains(container.image, ":")
}
)";

void print(const psdl::DiagnosticList& problems) {
  for (std::size_t i = 0; i < problems.size(); ++i) {
    const psdl::DiagnosticView one = problems[i];
    std::cerr << one.file << ':' << one.line << ':' << one.column << ": " << one.code << ": " << one.message << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  psdl::PolicyBuilder builder;
  psdl::DiagnosticList problems;
  builder.add_source("host.psdl", kRule, "host.psdl");
  const bool has_standard = psdl::add_standard(builder, {.level = psdl::Level::Restricted}, problems);
  const psdl::Policy policy = builder.build(problems);
  print(problems);
  if (!has_standard || !policy) return 2;

  psdl::Evaluator evaluator(policy);  // one for each thread; the policy serves all of them
  int status = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t judged =
        evaluator.evaluate(text, psdl::DocumentFormat::Auto, argv[i], [&](const psdl::Verdict& verdict) {
          if (verdict.errors) print(*verdict.errors);
          if (verdict.status == psdl::Status::Error) status = 2;
          for (const psdl::Finding& finding : verdict.findings) {
            std::cout << verdict.document << ':' << finding.location.line << ": " << finding.rule << ": " << finding.message << '\n';
            if (status == 0) status = 1;
          }
          return true;
        });
    if (!file || judged == 0) {
      std::cerr << argv[i] << ": nothing was judged\n";
      status = 2;
    }
  }
  return status;
}
