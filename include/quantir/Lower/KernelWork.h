#ifndef QUANTIR_LOWER_KERNELWORK_H
#define QUANTIR_LOWER_KERNELWORK_H

#include "Quantir/QuantirOps.h"

namespace quantir {

/// What a kernel does, for whoever measures it.
struct KernelWork {
  int64_t macs = 0;  ///< multiply-accumulates of its products
  int64_t bytes = 0; ///< of operands, constants and results, each once
};

KernelWork workOf(KernelOp kernel);

/// Writes what a kernel does on the last of its launches or dispatches, if
/// `main` ends with one: the ones before it only prepare operands.
template <class Op> void noteWork(KernelOp kernel, mlir::Block &main) {
  auto last = main.empty() ? Op() : llvm::dyn_cast<Op>(main.back());
  if (!last)
    return;
  KernelWork work = workOf(kernel);
  last.setMacs(work.macs);
  last.setBytes(work.bytes);
}

} // namespace quantir

#endif // QUANTIR_LOWER_KERNELWORK_H
