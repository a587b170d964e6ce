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

  /// A table of registers of `row.bytes` bytes, for a row whose shuffles choose
  /// from several of them: as many as 256 bytes fill, or as one shuffle takes.
  LookupCode(KernelFunction &kernel, const ByteLookup &row,
             llvm::ArrayRef<mlir::Value> registers);

  /// `table[index]` for a vector of up to `row.bytes` bytes, or of several
  /// times as many; they count as unsigned.
  mlir::Value operator()(mlir::Value indices);

private:
  mlir::Value call(llvm::StringRef intrinsic, mlir::ValueRange operands);
  mlir::Value find(mlir::Value indices);
  mlir::Value fromHalves(mlir::Value indices);
  mlir::Value fromParts(mlir::Value indices);
  mlir::Value fromSixteenths(mlir::Value indices);
  mlir::Value chooseByBit(mlir::Value indices, int bit, mlir::Value clear,
                          mlir::Value set);
  mlir::Value bytes(int value);

  mlir::ImplicitLocOpBuilder &b;
  const ByteLookup &row;
  mlir::VectorType type;
  llvm::SmallVector<mlir::Value, 16> parts; ///< the table, a register each
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_LOOKUPCODE_H
