#ifndef QUANTIR_LIB_LOWER_ATTENTIONPARTS_H
#define QUANTIR_LIB_LOWER_ATTENTIONPARTS_H

#include "AttentionMask.h"
#include "ContractionKernel.h"
#include "quantir/Fuse/Attention.h"

namespace quantir {

/// The right operand of one of an attention's products, packed for all heads.
struct AttentionSide {
  ContractionShape shape; ///< of one block of rows
  TilePlan plan;
  mlir::Value packed, starts; ///< buffers of main
  StridedView::Dim numbers;   ///< which matrix a head reads
};

/// The queries where they lie.
struct AttentionQuery {
  mlir::Value buffer; ///< of main, with slack
  int64_t base;
  StridedView::Dim heads; ///< where each head begins
};

/// A result where it goes; neighbours of a row are neighbours there.
struct AttentionResult {
  mlir::Value value;  ///< of the body, before its elements move
  mlir::Value buffer; ///< of main
  int64_t base, rowStride;
  StridedView::Dim heads;
};

/// An attention cut into blocks of query rows, its right operands packed.
struct AttentionParts {
  Attention attention;
  const InnerTile *tile;
  int64_t heads, queries, keys;
  int64_t blocks; ///< of the queries of one head, of almost equal size
  AttentionQuery query;
  AttentionSide keySide, valueSide;
  mlir::Value weights; ///< the codes of the probabilities
  /// The keys that each block reads; empty when all read all.
  llvm::SmallVector<KeyRange> visible;
  llvm::SmallVector<int64_t> rowShape;
  llvm::SmallVector<mlir::Value> rowValues; ///< of the sums, for the results
  llvm::SmallVector<AttentionResult> results, rowResults;

  int64_t leastRows() const { return queries / blocks; }
  int64_t mostRows() const { return llvm::divideCeil(queries, blocks); }
  /// Elements between rows of scores and of codes: whole vectors, and a line of
  /// the cache more, so that the rows of a tile do not share its sets.
  int64_t scorePitch() const { return llvm::alignTo(keys, 64) + 16; }
  int64_t codePitch() const { return llvm::alignTo(keys, 64) + 64; }
  double nanoseconds() const;
  /// Instructions for a vector of results, about.
  int64_t resultCost() const;
};

/// Reads the body of `op`, plans it and emits the launches that pack keys and
/// values.
mlir::FailureOr<AttentionParts> planAttention(Lowering &lowering, KernelOp op,
                                              SoftmaxOp softmax);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_ATTENTIONPARTS_H
