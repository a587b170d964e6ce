#ifndef QUANTIR_LIB_GPU_TOUCHEDELEMENTS_H
#define QUANTIR_LIB_GPU_TOUCHEDELEMENTS_H

#include "mlir/IR/Value.h"
#include <array>

namespace quantir {

/// Neighbouring workgroups of a dispatch.
struct GroupBox {
  std::array<int64_t, 3> first, count; ///< along each dimension
};

/// Elements [begin, end) of a buffer; none where the end is not behind.
struct ElementRange {
  int64_t begin, end;
};

/// Which of a buffer's `size` elements an access of a kernel may touch when the
/// workgroups of `box` run: what the arithmetic of its index and the
/// comparisons of the `scf.if`s around it tell. All of them where they tell
/// nothing.
ElementRange touchedElements(mlir::Operation *access, mlir::Value index,
                             int64_t size, const GroupBox &box);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_TOUCHEDELEMENTS_H
