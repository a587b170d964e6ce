#ifndef QUANTIR_LOWER_KERNELNAME_H
#define QUANTIR_LOWER_KERNELNAME_H

#include "llvm/ADT/StringRef.h"
#include <string>

namespace quantir {

/// The symbol of the `number`-th kernel of a module: "kernel_3_conv".
std::string kernelName(unsigned number, llvm::StringRef kind);

/// The kind in such a symbol, or all of another one.
llvm::StringRef kindOfKernel(llvm::StringRef name);

} // namespace quantir

#endif // QUANTIR_LOWER_KERNELNAME_H
