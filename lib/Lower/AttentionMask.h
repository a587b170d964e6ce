#ifndef QUANTIR_LIB_LOWER_ATTENTIONMASK_H
#define QUANTIR_LIB_LOWER_ATTENTIONMASK_H

#include "Kernels.h"
#include "quantir/Fuse/Attention.h"

namespace quantir {

/// Keys [low, high).
struct KeyRange {
  int64_t low, high;
};

/// For each of `blocks` blocks of query rows (block b begins at row b * rows /
/// blocks) the keys outside of which every exponential is exactly 0 whatever
/// the scores are, from masks known at compile time; widened to multiples of
/// `grain`. Empty when that leaves out nothing.
llvm::SmallVector<KeyRange> visibleKeys(Lowering &lowering, KernelOp kernel,
                                        Attention &attention, int64_t blocks,
                                        int64_t grain);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_ATTENTIONMASK_H
