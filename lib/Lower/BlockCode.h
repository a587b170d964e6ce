#ifndef QUANTIR_LIB_LOWER_BLOCKCODE_H
#define QUANTIR_LIB_LOWER_BLOCKCODE_H

#include "Contraction.h"

namespace quantir {

/// Emits the steps of a tile of kind `Block`: registers of up to 16 rows of 64
/// bytes. LLVM configures them, once a function: all that one function uses of
/// them must have few shapes.
class BlockCode {
public:
  BlockCode(KernelFunction &kernel, const InnerTile &tile)
      : kernel(kernel), tile(tile), b(kernel.builder()) {}

  static constexpr int64_t bytes = 64;    ///< of a row
  static constexpr int64_t mostRows = 16; ///< of a register

  /// `rows` rows of 16 sums that are zero.
  mlir::Value zero(int64_t rows);
  /// `rows` rows of 64 bytes, `stride` bytes apart.
  mlir::Value load(mlir::Value buffer, mlir::Value offset, int64_t rows,
                   int64_t stride);
  /// sums + left * right: `rows` rows by 16 columns, 64 deep.
  mlir::Value step(int64_t rows, mlir::Value sums, mlir::Value left,
                   mlir::Value right);
  /// The sums as rows of i32, `stride` bytes apart.
  void store(mlir::Value sums, int64_t rows, mlir::Value buffer,
             mlir::Value offset, int64_t stride);

private:
  mlir::Value address(mlir::Value buffer, mlir::Value offset);
  mlir::Value constant(int64_t value, unsigned bits);
  mlir::Value call(llvm::StringRef name, mlir::ValueRange operands);

  KernelFunction &kernel;
  const InnerTile &tile;
  mlir::ImplicitLocOpBuilder &b;
};

/// The plan for `shape` in blocks whose sums are in `tile`, or nothing where
/// rows or depth fill them too little. What they leave is for the rows of
/// `rest`, which reads the same packed weights.
std::optional<TilePlan> planBlocks(const ContractionShape &shape,
                                   const InnerTile &tile,
                                   const InnerTile &rest);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_BLOCKCODE_H
