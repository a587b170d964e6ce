#ifndef QUANTIR_TEST_UNIT_LOWER_SOFTWARETILES_H
#define QUANTIR_TEST_UNIT_LOWER_SOFTWARETILES_H

#include "quantir/Artifact/Jit.h"
#include "llvm/IR/Module.h"

namespace quantir::test {

/// `module` with functions in place of the instructions of AMX, so that its
/// kernels run on machines without. A register is 16 rows of 64 bytes, of which
/// a function touches those that the instruction would.
llvm::Expected<std::unique_ptr<llvm::Module>>
withSoftwareTiles(const llvm::Module &module);

/// What those functions call.
llvm::SmallVector<JitModule::HostSymbol> softwareTileFunctions();

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_LOWER_SOFTWARETILES_H
