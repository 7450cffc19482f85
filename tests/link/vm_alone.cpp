// A host that ships the machine and verified bytecode: linked with libpsdl-vm alone. In: an image that the engine made, as
// a file; out: what a rule of it says of standard input, "undefined", or an error and exit status 2.
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "psdl/vm.hpp"

namespace {

std::string all_of(std::istream& in) { return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()}; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  std::string problem;
  std::optional<psdl::ImageRunner> runner = psdl::ImageRunner::load(all_of(file), problem);
  if (!runner) {
    std::cout << problem << "\n";
    return 2;
  }
  for (const std::string& rule : runner->rules()) std::cout << rule << "\n";
  for (int i = 0; i < 2; ++i) {  // the second time with what the first has left
    const std::string document = i == 0 ? all_of(std::cin) : R"({"kind": "Pod"})";
    const psdl::RuleAnswer answer = runner->evaluate(argv[2], document);
    if (answer.kind == psdl::RuleAnswer::Kind::Error) {
      std::cout << answer.code << ": " << answer.message << "\n";
      return 2;
    }
    std::cout << (answer.kind == psdl::RuleAnswer::Kind::Value ? answer.json : "undefined") << "\n";
  }
  return 0;
}
