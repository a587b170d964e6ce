#include "quantir/Artifact/ArtifactDescription.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"

using namespace llvm;

std::string quantir::cIdentifier(StringRef text) {
  std::string name;
  if (text.empty() || !isAlpha(text.front()) || text.starts_with("quantir"))
    name = "model_";
  for (char c : text)
    name += isAlnum(c) ? c : '_';
  return name;
}

std::string quantir::compilerVersion() {
  return "quantir " QUANTIR_VERSION " (LLVM " LLVM_VERSION_STRING ")";
}
