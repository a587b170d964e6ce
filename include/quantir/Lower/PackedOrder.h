#ifndef QUANTIR_LOWER_PACKEDORDER_H
#define QUANTIR_LOWER_PACKEDORDER_H

#include "mlir/IR/BuiltinAttributes.h"

namespace quantir {

/// On a global: which weights it holds, and in which order.
constexpr llvm::StringLiteral kOrderAttr = "quantir.order";

/// Where a packed constant has the elements of the weights that it is made of:
/// boxes of them, each a nest of loops. What no box covers is zero.
struct PackedOrder {
  /// Turns of a loop, and what one adds to the places on both sides, in
  /// elements.
  struct Loop {
    int64_t count, to, from;
  };
  struct Box {
    int64_t to, from;
    llvm::SmallVector<Loop> loops;
  };
  llvm::SmallVector<Box, 4> boxes;

  /// Adds a box, if it has elements.
  void add(int64_t to, int64_t from, llvm::ArrayRef<Loop> loops);

  /// Calls `visit(to, from)` for every element of a box.
  template <class Visit> static void forEach(const Box &box, Visit visit) {
    forEach(box.loops, box.to, box.from, visit);
  }

  /// Puts the elements of `weights` into `packed`, which is zero.
  void pack(mlir::DenseElementsAttr weights,
            llvm::MutableArrayRef<char> packed) const;

  /// What a global that holds them packed carries, as elements of `width` bytes
  /// (0: their own); null for weights that are all the same. It names them by
  /// their fingerprint.
  mlir::Attribute describe(mlir::DenseElementsAttr weights,
                           int64_t width = 0) const;

private:
  template <class Visit>
  static void forEach(llvm::ArrayRef<Loop> loops, int64_t to, int64_t from,
                      Visit &visit) {
    if (loops.empty()) {
      visit(to, from);
      return;
    }
    const Loop &loop = loops.front();
    for (int64_t i = 0; i < loop.count; ++i, to += loop.to, from += loop.from)
      forEach(loops.drop_front(), to, from, visit);
  }
};

/// What `PackedOrder::describe` says.
struct DescribedOrder {
  llvm::StringRef weights; ///< a fingerprint of their bytes
  int64_t width;           ///< bytes of a packed element
  PackedOrder order;

  static std::optional<DescribedOrder> parse(mlir::Attribute attribute);
};

} // namespace quantir

#endif // QUANTIR_LOWER_PACKEDORDER_H
