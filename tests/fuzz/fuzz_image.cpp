// A program image, its checksum put right, so that what is behind it is reached. In: any bytes; out: nothing, or a crash. What is accepted is written
// again as it stood, prints, and runs within its limits, traced and not.
#include "bytecode/image.hpp"
#include "target.hpp"
#include "vm/load.hpp"
#include "vm/machine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace psdl;
  std::string image(reinterpret_cast<const char*>(bytes), size);
  if (image.size() >= kImageHeaderSize) {
    for (std::size_t i = 0; i < 8; ++i) image[kImageSizeAt + i] = static_cast<char>(static_cast<std::uint8_t>(std::uint64_t{size} >> (8 * i)));
  }
  seal_image(image);
  const Result<LoadedImage> loaded = load_program(image);
  if (!loaded) {
    fuzz::require(loaded.error().code.starts_with("image_") && !loaded.error().message.empty());
    return 0;
  }
  const Program& program = *loaded->program;
  const Result<std::string> again = write_image(program, loaded->policy);
  fuzz::require(again.has_value() && *again == image);
  static_cast<void>(disassemble(program));

  const Limits limits = fuzz::small_limits();
  static const std::string_view kInput = R"({"kind":"Pod","spec":{"containers":[{"name":"a","privileged":true},{"name":"b"}]},"a":[1,"x",{"b":null}]})";
  Arena documents;
  Reader reader;
  ReadOptions options;
  options.key_table = program.keys;
  const Result<Document, ReadError> input = reader.read(documents, kInput, Format::Json, options);
  fuzz::require(input.has_value());
  Machine machine(loaded->program, limits);
  for (std::uint32_t i = 0; i < program.functions.size(); ++i) {
    if (program.functions[i].kind == FunctionKind::Function) continue;
    for (const bool traced : {false, true}) {
      Trace trace;
      RunRequest request;
      request.function = i;
      request.input = input->root();
      if (traced) request.trace = &trace;
      Arena arena(limits.memory_bytes);
      const Outcome outcome = machine.run(arena, request);
      fuzz::require(!outcome.halt.has_value() || !outcome.value.is_defined());
    }
  }
  return 0;
}
