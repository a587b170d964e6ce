#ifndef QUANTIR_IMPORT_CONTENTHASH_H
#define QUANTIR_IMPORT_CONTENTHASH_H

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <string>

namespace quantir {

/// The SHA-256 of all that was added.
class ContentHash {
public:
  void add(llvm::StringRef bytes) { hash.update(bytes); }

  /// 64 lower-case digits; nothing may be added after it.
  std::string hex() { return llvm::toHex(hash.final(), /*LowerCase=*/true); }

private:
  llvm::SHA256 hash;
};

} // namespace quantir

#endif // QUANTIR_IMPORT_CONTENTHASH_H
