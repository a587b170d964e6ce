#ifndef QUANTIR_FUSE_ATTENTION_H
#define QUANTIR_FUSE_ATTENTION_H

#include "Quantir/QuantirOps.h"
#include "Quantir/StridedView.h"

namespace quantir {

/// An attention on codes: rows of `scores`, through elementwise ops and
/// `softmax`, become codes that weigh the rows of `product`'s right operand.
struct Attention {
  MatmulOp scores, product;
  SoftmaxOp softmax;
  ReduceOp sums; ///< of the codes of each row, or null
  /// What is computed for each pair of query and key, in program order:
  /// elementwise ops between `scores` and `softmax`, and behind it.
  llvm::SmallVector<mlir::Operation *> elementwise;
  /// What is computed once a row, of the sums.
  llvm::SmallVector<mlir::Operation *> rowwise;

  mlir::Value codes() { return product.getLhs(); }
  /// Whether `value` is the sums, or computed of them alone.
  bool isOfRows(mlir::Value value);
};

/// The attention around `softmax`; null, with `reason` set, when there is none
/// that could be computed row by row without keeping scores or codes. No reason
/// means that nothing here resembles an attention.
std::optional<Attention> findAttention(SoftmaxOp softmax,
                                       llvm::StringRef &reason);

/// How the operands of an attention's products lie in tensors outside: `source`
/// after `moves`, of which the last feeds the product.
struct MovedOperand {
  mlir::Value source;
  llvm::SmallVector<mlir::Operation *> moves;
  StridedView view; ///< of the product's operand in `source`
};

/// Follows `operand` through ops that `mayCross` admits, as far as neighbours
/// along one of the last two dimensions still are neighbours in the source;
/// along the last one when `alongLast`.
MovedOperand followMoves(mlir::Value operand, bool alongLast,
                         llvm::function_ref<bool(mlir::Operation *)> mayCross);

/// A result of an attention before transposes and reshapes move it.
struct MovedResult {
  mlir::Value value;
  StridedView view; ///< where the elements of `value` are in what is yielded
};

/// That of `yielded`; nothing where strides cannot express the moves.
std::optional<MovedResult> resultBeforeMoves(mlir::Value yielded);

} // namespace quantir

#endif // QUANTIR_FUSE_ATTENTION_H
