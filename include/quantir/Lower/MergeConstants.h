#ifndef QUANTIR_LOWER_MERGECONSTANTS_H
#define QUANTIR_LOWER_MERGECONSTANTS_H

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"

namespace quantir {

/// The globals of some modules, each constant once.
llvm::SmallVector<mlir::memref::GlobalOp>
distinctConstants(llvm::ArrayRef<mlir::ModuleOp> modules);

/// Where a constant is among the merged ones.
struct MergedConstant {
  llvm::StringRef merged; ///< their symbol
  int64_t offset, bytes;  ///< without slack
  /// What the global held, slack included, and its `kOrderAttr` or null.
  mlir::DenseElementsAttr data;
  mlir::Attribute order;
};

/// What `quantir-merge-constants` does, for the modules of several processors:
/// all of them then have the same merged constants, with what equals in some of
/// them there once. These are returned.
llvm::SmallVector<MergedConstant>
mergeConstants(llvm::ArrayRef<mlir::ModuleOp> modules);

} // namespace quantir

#endif // QUANTIR_LOWER_MERGECONSTANTS_H
