#ifndef QUANTIR_GPU_PACKWORDS_H
#define QUANTIR_GPU_PACKWORDS_H

#include "mlir/Support/LLVM.h"
#include <map>
#include <vector>

namespace quantir {

/// Packs SPIR-V modules that stand one after the other, as Artifact.h says;
/// other words are kept as well, but with less gain. Deterministic.
std::vector<uint8_t> packWords(llvm::ArrayRef<uint32_t> words);

/// The code of a program: its modules, equal ones once.
class ProgramCode {
public:
  /// The number of the module's first word.
  uint32_t add(const std::vector<uint32_t> &module);

  llvm::ArrayRef<uint32_t> getWords() const { return words; }

private:
  std::vector<uint32_t> words;
  std::map<std::vector<uint32_t>, uint32_t> places;
};

} // namespace quantir

#endif // QUANTIR_GPU_PACKWORDS_H
