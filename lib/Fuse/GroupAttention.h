#ifndef QUANTIR_LIB_FUSE_GROUPATTENTION_H
#define QUANTIR_LIB_FUSE_GROUPATTENTION_H

#include "KernelGraph.h"

namespace quantir {

/// Makes a group of every attention, with the moves of its operands that
/// strides can express; a remark says why not. Returns the products with the
/// values, which are the anchors of these groups.
/// \param inWords  only of those that `AttentionInWords` can be made of.
llvm::SmallVector<MatmulOp> groupAttention(KernelGraph &graph, bool inWords);

/// Adds the transpositions that alone read what leaves the group of `product`.
void absorbResultMoves(KernelGraph &graph, MatmulOp product);

/// True when the group of `op` is an attention.
bool containsAttention(const KernelGraph &graph, mlir::Operation *op);

} // namespace quantir

#endif // QUANTIR_LIB_FUSE_GROUPATTENTION_H
