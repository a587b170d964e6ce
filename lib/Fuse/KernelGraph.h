#ifndef QUANTIR_LIB_FUSE_KERNELGRAPH_H
#define QUANTIR_LIB_FUSE_KERNELGRAPH_H

#include "Quantir/QuantirOps.h"
#include "llvm/ADT/DenseMap.h"
#include <vector>

namespace quantir {

/// The ops of a block in groups that depend on each other without cycles.
/// Constants belong to no group: they are available everywhere.
class KernelGraph {
public:
  using Group = unsigned;

  /// Every op its own group.
  explicit KernelGraph(mlir::Block &block);

  /// Ops in program order.
  llvm::ArrayRef<mlir::Operation *> ops() const { return order; }
  Group groupOf(mlir::Operation *op) const {
    return group[position.lookup(op)];
  }
  /// The ops of a group in program order.
  llvm::ArrayRef<mlir::Operation *> members(Group g) const { return lists[g]; }
  bool isAlone(mlir::Operation *op) const {
    return members(groupOf(op)).size() == 1;
  }
  bool contains(Group g, mlir::Operation *op) const {
    return op && position.contains(op) && groupOf(op) == g;
  }

  /// Makes one group of two; false, and nothing changes, when it would depend
  /// on itself through a third.
  bool merge(Group into, Group other);

  /// The groups, each behind all it depends on; otherwise in program order.
  std::vector<Group> sorted() const;

private:
  void forEachSuccessor(Group g, llvm::function_ref<void(Group)> visit) const;
  bool hasDetour(Group from, Group to) const;

  std::vector<mlir::Operation *> order;
  llvm::DenseMap<mlir::Operation *, unsigned> position;
  std::vector<Group> group;                                // by position
  std::vector<llvm::SmallVector<mlir::Operation *>> lists; // by group
};

} // namespace quantir

#endif // QUANTIR_LIB_FUSE_KERNELGRAPH_H
