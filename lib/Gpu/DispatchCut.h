#ifndef QUANTIR_LIB_GPU_DISPATCHCUT_H
#define QUANTIR_LIB_GPU_DISPATCHCUT_H

#include "Quantir/QuantirOps.h"
#include "TouchedElements.h"
#include "quantir/Gpu/GpuLimits.h"

namespace quantir {

/// A load or store of a kernel.
struct KernelAccess {
  mlir::Operation *op;
  mlir::Value index;
  int64_t width; ///< words of an element
};

/// What the kernels of a dispatch do with one of its arguments.
struct BufferUse {
  int64_t words; ///< of the buffer
  llvm::SmallVector<KernelAccess> accesses;
};

/// The words of a buffer that each piece of a dispatch sees: so many from
/// `first` of the piece on, in bindings of `wordsOfPart`, the last of the rest.
struct BufferWindow {
  int64_t words, wordsOfPart;
  llvm::SmallVector<int64_t> first;

  int64_t parts() const { return llvm::divideCeil(words, wordsOfPart); }
  int64_t wordsOf(int64_t part) const {
    return std::min(wordsOfPart, words - part * wordsOfPart);
  }
};

/// Pieces of a dispatch, one for each box, and what each binds.
struct DispatchCut {
  llvm::SmallVector<GroupBox> boxes;
  llvm::SmallVector<BufferWindow> windows; ///< one for each argument
  int64_t bindings() const;
};

/// The cut with the fewest bindings, and of such cuts one of few pieces.
DispatchCut cutOf(DispatchOp dispatch, llvm::ArrayRef<BufferUse> uses,
                  const DispatchLimits &limits);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_DISPATCHCUT_H
