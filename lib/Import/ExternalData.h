#ifndef QUANTIR_LIB_IMPORT_EXTERNALDATA_H
#define QUANTIR_LIB_IMPORT_EXTERNALDATA_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"

namespace quantir {

/// Maps `length` bytes from `offset` of the file `location`, which must be a
/// regular file below the folder of the model at `modelPath` (or below the
/// folder that the model's own symbolic link leads to). Nothing outside is ever
/// opened. Hard links are accepted. A negative `length` means up to the end.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
readExternalData(llvm::StringRef modelPath, llvm::StringRef location,
                 int64_t offset, int64_t length);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_EXTERNALDATA_H
