#include "quantir/Artifact/Header.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantir;

static const char interfaceText[] =
#include "InterfaceText.inc"
    ;

/// A name from the model inside a comment: nothing in it can end the comment.
static std::string forComment(StringRef name) {
  std::string text;
  for (char c : name)
    text += isAlnum(c) || StringRef("_.-:/ ").contains(c) ? c : '_';
  return text;
}

namespace {
struct TypeNames {
  StringRef onnx; ///< as ONNX and numpy call it
  StringRef c;
};
} // namespace

static TypeNames namesOf(quantir_type type) {
  switch (type) {
  case QUANTIR_F32:
    return {"float32", "float"};
  case QUANTIR_I64:
    return {"int64", "int64_t"};
  case QUANTIR_I32:
    return {"int32", "int32_t"};
  case QUANTIR_I8:
    return {"int8", "int8_t"};
  case QUANTIR_U8:
    return {"uint8", "uint8_t"};
  case QUANTIR_BOOL:
    return {"bool", "uint8_t"};
  }
  llvm_unreachable("no such type");
}

static void listTensors(raw_ostream &os, StringRef role,
                        ArrayRef<TensorDescription> tensors) {
  for (auto [index, tensor] : enumerate(tensors)) {
    os << formatv(
        " *   {0}[{1}]  {2}  {3} [{4}]", role, index, forComment(tensor.name),
        namesOf(tensor.type).onnx,
        join(map_range(tensor.shape, [](int64_t size) { return itostr(size); }),
             ", "));
    if (tensor.quantized)
      os << formatv(", real value = {0} * (element - {1})",
                    formatv("{0:E9}", tensor.scale), tensor.zeroPoint);
    os << "\n";
  }
}

static int64_t elementsOf(const TensorDescription &tensor) {
  int64_t elements = 1;
  for (int64_t size : tensor.shape)
    elements *= size;
  return elements;
}

/// Declares one buffer for each tensor and the array of their addresses.
static void declareBuffers(raw_ostream &os, StringRef role,
                           StringRef pointerType,
                           ArrayRef<TensorDescription> tensors) {
  SmallVector<std::string> buffers;
  for (auto [index, tensor] : enumerate(tensors)) {
    buffers.push_back(formatv("{0}{1}", role, index));
    os << formatv(" *     static {0} {1}[{2}];\n", namesOf(tensor.type).c,
                  buffers.back(), elementsOf(tensor));
  }
  os << formatv(" *     {0}{1}s[] = {{{2}};\n", pointerType, role,
                buffers.empty() ? std::string("0") : join(buffers, ", "));
}

static void showCall(raw_ostream &os, const ArtifactDescription &description) {
  os << " * A call, on one thread:\n *\n";
  declareBuffers(os, "input", "const void *", description.inputs);
  declareBuffers(os, "output", "void *", description.outputs);
  if (description.arenaSize > 0)
    os << formatv(" *     static _Alignas({0}_ARENA_ALIGNMENT) unsigned char\n"
                  " *         arena[{0}_ARENA_SIZE];\n",
                  description.name);
  os << formatv(" *     quantir_context context = {{inputs, outputs, {0}, 0, "
                "0, 0, 0, 0};\n"
                " *     int status = {1}_run(&context); // 0: done\n",
                description.arenaSize > 0 ? "arena" : "0", description.name);
}

/// "processor haswell", or all of them.
static std::string processors(const ArtifactDescription &description,
                              const TargetSpec &target) {
  if (description.levels.empty())
    return "processor " + target.cpu;
  return "the best that there is of the processors " +
         join(
             map_range(description.levels,
                       [](const LevelDescription &level) { return level.cpu; }),
             ", ");
}

std::string quantir::makeHeader(const ArtifactDescription &description,
                                const TargetSpec &target) {
  std::string text;
  raw_string_ostream os(text);
  StringRef name = description.name;
  os << formatv("/* {0}: a model compiled by {1}\n"
                " * for {2}, {3}{4}; quantization: {5}.\n *\n",
                name, compilerVersion(), target.triple,
                processors(description, target),
                description.gpu ? ", and Vulkan devices" : "",
                forComment(description.quantization));
  listTensors(os, "input", description.inputs);
  listTensors(os, "output", description.outputs);
  os << " *\n";
  showCall(os, description);
  os << " */\n" << interfaceText;
  os << formatv("\n#ifndef QUANTIR_MODEL_{0}\n#define QUANTIR_MODEL_{0}\n\n"
                "/* Bytes of working memory that one run needs. */\n"
                "#define {0}_ARENA_SIZE {1}\n"
                "#define {0}_ARENA_ALIGNMENT {2}\n\n"
                "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n"
                "extern const quantir_description {0}_description;\n\n"
                "/* Runs the model once; 0 when done. Any number of threads "
                "may be in it,\n * each with its own arena. */\n"
                "int {0}_run(const quantir_context *context);\n\n"
                "#ifdef __cplusplus\n}\n#endif\n\n"
                "#endif /* QUANTIR_MODEL_{0} */\n",
                name, description.arenaSize, description.arenaAlignment);
  return text;
}
