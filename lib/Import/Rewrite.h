#ifndef QUANTIR_LIB_IMPORT_REWRITE_H
#define QUANTIR_LIB_IMPORT_REWRITE_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// The elements of a constant, or null.
mlir::DenseElementsAttr constantOf(mlir::Value value);

/// The value of a newly built op: a constant in its place when the operands are
/// constants (Interpret/Interpreter.h says up to which size).
mlir::Value foldOp(mlir::OpBuilder &builder, mlir::Operation *op);

/// An op of inferred type, folded; null when it does not verify.
template <typename OpType>
mlir::Value build(mlir::OpBuilder &builder, mlir::Location location,
                  mlir::ValueRange operands,
                  llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
  auto op = tryCreate<OpType>(builder, location, operands, attributes);
  return mlir::failed(op) ? mlir::Value() : foldOp(builder, *op);
}

mlir::Value buildReshape(mlir::OpBuilder &builder, mlir::Location location,
                         mlir::Value value, llvm::ArrayRef<int64_t> shape);

/// A transpose; a reshape when only dimensions of size 1 change places, and
/// nothing when none does.
mlir::Value buildTranspose(mlir::OpBuilder &builder, mlir::Location location,
                           mlir::Value value,
                           llvm::ArrayRef<int64_t> permutation);

/// True when the dimensions other than 1 keep their order.
bool movesOnlyOnes(llvm::ArrayRef<int64_t> shape,
                   llvm::ArrayRef<int64_t> permutation);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_REWRITE_H
