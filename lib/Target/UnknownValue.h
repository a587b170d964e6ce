#ifndef QUANTIR_LIB_TARGET_UNKNOWNVALUE_H
#define QUANTIR_LIB_TARGET_UNKNOWNVALUE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantir {

/// "--flag=value is unknown; the nearest valid value is 'x'".
llvm::Error unknownValue(llvm::StringRef flag, llvm::StringRef value,
                         llvm::ArrayRef<llvm::StringRef> valid);

} // namespace quantir

#endif // QUANTIR_LIB_TARGET_UNKNOWNVALUE_H
