#ifndef QUANTIR_LIB_FUSE_BUILDKERNELS_H
#define QUANTIR_LIB_FUSE_BUILDKERNELS_H

#include "KernelGraph.h"

namespace quantir {

/// Puts the ops of `block` in the order of `graph`'s groups, each group inside
/// a `quantir.kernel`; reshapes stay outside. Dead ops and constants go.
void buildKernels(mlir::Block &block, const KernelGraph &graph);

} // namespace quantir

#endif // QUANTIR_LIB_FUSE_BUILDKERNELS_H
