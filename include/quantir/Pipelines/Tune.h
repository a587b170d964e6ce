#ifndef QUANTIR_PIPELINES_TUNE_H
#define QUANTIR_PIPELINES_TUNE_H

#include "mlir/IR/BuiltinOps.h"
#include "quantir/Target/Tuning.h"

namespace quantir {

/// Fails when code for `target` cannot be timed here: it is another processor,
/// or has features that this one lacks.
llvm::Error checkIsThisMachine(const TargetSpec &target);

/// Times tiles of every matrix product and convolution of `module` (as the fuse
/// stage leaves it) on one thread of this machine: the whole model runs, so
/// that kernels have their epilogues and find caches as they will. Each
/// candidate alternates with the cost model's choice, and the least of many
/// runs counts; what was best is timed once more, all together. Takes about
/// `seconds`, and reports each contraction as a remark.
mlir::FailureOr<std::map<std::string, TunedTile>>
tuneTiles(mlir::ModuleOp module, const TargetSpec &target, double seconds);

/// Makes the lowering of `module` use `tiles`.
void setTiles(mlir::ModuleOp module,
              const std::map<std::string, TunedTile> &tiles);

} // namespace quantir

#endif // QUANTIR_PIPELINES_TUNE_H
