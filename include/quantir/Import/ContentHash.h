#ifndef QUANTIR_IMPORT_CONTENTHASH_H
#define QUANTIR_IMPORT_CONTENTHASH_H

#include "llvm/ADT/StringRef.h"
#include <array>
#include <cstdint>
#include <string>

namespace quantir {

/// The SHA-256 of all that was added, by the processor's own instructions where
/// it has them: models are large, and hashed more than once.
class ContentHash {
public:
  void add(llvm::StringRef bytes);

  /// 64 lower-case digits; nothing may be added after it.
  std::string hex();

private:
  std::array<uint32_t, 8> state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> rest; // of a block that is not whole yet
  uint64_t size = 0;
};

} // namespace quantir

#endif // QUANTIR_IMPORT_CONTENTHASH_H
