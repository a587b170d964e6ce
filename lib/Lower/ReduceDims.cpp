#include "quantir/Lower/ReduceDims.h"

using namespace mlir;
using namespace quantir;

ReduceDims::ReduceDims(ReduceOp op, bool merge, bool mergeLast) {
  ArrayRef<int64_t> shape = shapeOf(op.getInput());
  for (auto [dim, size] : llvm::enumerate(shape)) {
    bool goes = llvm::is_contained(op.getAxes(), int64_t(dim));
    bool mayJoin = dim + 1 == shape.size() ? mergeLast : merge;
    if (mayJoin && !sizes.empty() && reduced.back() == goes) {
      sizes.back() *= size;
      continue;
    }
    sizes.push_back(size);
    reduced.push_back(goes);
  }
  if (sizes.empty()) {
    sizes.push_back(1);
    reduced.push_back(false);
  }
}

bool ReduceDims::onlyLast() const {
  return reduced.back() && llvm::count(reduced, true) == 1;
}

int64_t ReduceDims::keptRows() const {
  int64_t count = 1;
  for (size_t dim = 0; dim + 1 < sizes.size(); ++dim)
    count *= reduced[dim] ? 1 : sizes[dim];
  return count;
}

int64_t ReduceDims::depth() const {
  int64_t count = 1;
  for (auto [size, goes] : llvm::zip(sizes, reduced))
    count *= goes ? size : 1;
  return count;
}

Value ReduceDims::rowOf(IndexCode &code, Value number, bool ofReduced) const {
  Value row = code.index(0);
  int64_t stride = 1, passed = 1, left = 1;
  for (size_t dim = 0; dim + 1 < sizes.size(); ++dim)
    left *= reduced[dim] == ofReduced ? sizes[dim] : 1;
  for (int64_t dim = int64_t(sizes.size()) - 2; dim >= 0; --dim) {
    if (reduced[dim] == ofReduced) {
      left /= sizes[dim];
      Value index = code.div(number, passed);
      if (left != 1)
        index = code.rem(index, sizes[dim]);
      if (sizes[dim] != 1)
        row = code.add(row, code.mul(index, stride));
      passed *= sizes[dim];
    }
    stride *= sizes[dim];
  }
  return row;
}
