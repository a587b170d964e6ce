#include "quantir/Artifact/FileKind.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

namespace {
struct Ending {
  StringRef text;
  FileKind kind;
  /// The only format that has it.
  Triple::ObjectFormatType format = Triple::UnknownObjectFormat;
};
} // namespace

static constexpr Ending endings[] = {
    {".so", FileKind::SharedLibrary, Triple::ELF},
    {".dylib", FileKind::SharedLibrary, Triple::MachO},
    {".dll", FileKind::SharedLibrary, Triple::COFF},
    {".wasm", FileKind::SharedLibrary, Triple::Wasm},
    {".o", FileKind::Object},
    {".obj", FileKind::Object, Triple::COFF},
    {".a", FileKind::StaticLibrary},
    {".lib", FileKind::StaticLibrary, Triple::COFF},
    {".s", FileKind::Assembly},
    {".ll", FileKind::LlvmIR},
};

Expected<FileKind> quantir::fileKind(StringRef path, const TargetSpec &target) {
  Triple::ObjectFormatType format = Triple(target.triple).getObjectFormat();
  StringRef asked = sys::path::extension(path);
  SmallVector<StringRef> valid;
  bool isElsewhere = false;
  for (const Ending &ending : endings) {
    bool isHere =
        ending.format == Triple::UnknownObjectFormat || ending.format == format;
    if (isHere && ending.text == asked)
      return ending.kind;
    isElsewhere |= ending.text == asked;
    if (isHere)
      valid.push_back(ending.text);
  }
  if (isElsewhere)
    return createStringError(
        formatv("{0} has no files like '{1}'; give it one of the endings {2}",
                target.triple, path, join(valid, ", "))
            .str());
  return createStringError(formatv("cannot tell what '{0}' should be; give it "
                                   "one of the endings {1}",
                                   path, join(valid, ", "))
                               .str());
}
