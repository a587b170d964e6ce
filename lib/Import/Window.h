#ifndef QUANTIR_LIB_IMPORT_WINDOW_H
#define QUANTIR_LIB_IMPORT_WINDOW_H

#include "NodeImport.h"

namespace quantir {

/// What a convolution or pooling node says about its window, over two spatial
/// dimensions (a single one stands second, the first being 1).
struct Window {
  llvm::SmallVector<int64_t> kernel, strides, dilations;
  llvm::SmallVector<int64_t> pads; ///< top, left, bottom, right
};

/// Reads the window of `node` over an input `[N, C, spatial...]` of rank 3 or
/// 4, whose kernel is `kernel`. `ceil_mode` becomes more padding at the far
/// end, which `stated`, when asked for, lacks.
mlir::FailureOr<Window>
readWindow(NodeImport &node, mlir::Value input, llvm::ArrayRef<int64_t> kernel,
           llvm::SmallVector<int64_t> *stated = nullptr);

/// `[N, C, H, W]` or `[N, C, W]` to `[N, H, W, C]`, and back to rank `rank`.
mlir::Value toImage(NodeImport &node, mlir::Value value);
mlir::Value fromImage(NodeImport &node, mlir::Value image, int64_t rank);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_WINDOW_H
