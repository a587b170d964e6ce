#ifndef QUANTIR_LIB_LOWER_LOOKUPCODE_H
#define QUANTIR_LIB_LOWER_LOOKUPCODE_H

#include "KernelFunction.h"
#include "quantir/Target/ByteLookups.h"

namespace quantir {

/// Looks up bytes in a table of 256, as a row of `Target/ByteLookups` says.
class LookupCode {
public:
  /// Reads the table where the kernel's code stands now.
  /// \param table  a buffer of at least 256 bytes.
  LookupCode(KernelFunction &kernel, const ByteLookup &row, mlir::Value table);

  /// A table of four registers of 64 bytes, for a row whose shuffles choose
  /// from two of them.
  LookupCode(KernelFunction &kernel, const ByteLookup &row,
             llvm::ArrayRef<mlir::Value> registers);

  /// `table[index]` for a vector of up to `row.bytes` bytes, which count as
  /// unsigned.
  mlir::Value operator()(mlir::Value indices);

private:
  mlir::Value shuffle(mlir::Value first, mlir::Value indices,
                      mlir::Value second);
  mlir::Value fromHalves(mlir::Value indices);
  mlir::Value fromSixteenths(mlir::Value indices);
  mlir::Value chooseByBit(mlir::Value indices, int bit, mlir::Value clear,
                          mlir::Value set);
  mlir::Value bytes(int value);

  mlir::ImplicitLocOpBuilder &b;
  const ByteLookup &row;
  mlir::VectorType type;
  llvm::SmallVector<mlir::Value, 16>
      parts; ///< the table, 64 or 16 entries each
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_LOOKUPCODE_H
