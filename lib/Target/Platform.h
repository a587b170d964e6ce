#ifndef QUANTIR_LIB_TARGET_PLATFORM_H
#define QUANTIR_LIB_TARGET_PLATFORM_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/TargetParser/Triple.h"

namespace quantir {

/// What tells apart the processors that a triple may mean when it names none.
enum class System { Any, Android, MacOS, IOS };

/// An architecture and the system that code for it runs on.
struct Platform {
  llvm::Triple::ArchType architecture;
  System system;
  llvm::StringRef processor; ///< the oldest
  llvm::StringRef features;  ///< added to or taken from every processor
  llvm::StringRef version; ///< the oldest of the system, where triples carry it
};

/// The triple that `text` means, complete, as clang understands it; this
/// machine's when it is empty. Fails, naming `--target` and the nearest, where
/// there is no code for it. LLVM's parts for it are ready then.
llvm::Expected<llvm::Triple> resolveTriple(llvm::StringRef text);

/// The platform of a triple that `resolveTriple` gave.
const Platform &platformOf(const llvm::Triple &triple);

} // namespace quantir

#endif // QUANTIR_LIB_TARGET_PLATFORM_H
