// MatMul and Gemm.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

/// The [N, K] constant behind [K, N] weights that were read transposed.
static Value rowsOf(Value weights) {
  auto transpose = weights.getDefiningOp<TransposeOp>();
  bool isConstant = transpose && rankOf(weights) == 2 &&
                    transpose.getInput().getDefiningOp<ConstantOp>() &&
                    transpose.getPermutation() == ArrayRef<int64_t>{1, 0};
  return isConstant ? transpose.getInput() : Value();
}

/// Vectors become matrices, as numpy has it; the result loses those dimensions.
static LogicalResult importMatMul(NodeImport &node) {
  Value lhs = node.input(0), rhs = node.input(1);
  if (rankOf(lhs) == 0 || rankOf(rhs) == 0)
    return node.refuse("multiplies a scalar");
  bool isRow = rankOf(lhs) == 1, isColumn = rankOf(rhs) == 1;
  if (isRow)
    lhs = node.reshape(lhs, {1, shapeOf(lhs)[0]});
  if (isColumn)
    rhs = node.reshape(rhs, {shapeOf(rhs)[0], 1});
  SmallVector<NamedAttribute> attributes;
  if (Value rows = rowsOf(rhs)) {
    rhs = rows;
    attributes.push_back(node.flag("transpose_rhs"));
  }
  Value product = node.make<MatmulOp>({lhs, rhs}, attributes);
  if (!product || (!isRow && !isColumn))
    return node.yield(product);
  SmallVector<int64_t> shape(shapeOf(product));
  if (isColumn)
    shape.pop_back();
  if (isRow)
    shape.erase(shape.end() - (isColumn ? 1 : 2));
  return node.yield(node.reshape(product, shape));
}

static Value scaled(NodeImport &node, Value x, double factor) {
  return factor == 1 ? x : node.make<MulOp>({x, node.scalar(factor, x)});
}

/// alpha A B + beta C. A row vector C of a plain product becomes its bias.
static LogicalResult importGemm(NodeImport &node) {
  Value lhs = node.input(0), rhs = node.input(1), added = node.input(2);
  if (rankOf(lhs) != 2 || rankOf(rhs) != 2)
    return node.refuse("multiplies tensors of rank " + Twine(rankOf(lhs)) +
                       " and " + Twine(rankOf(rhs)) + "; it needs matrices");
  if (node.integer("transA", 0) != 0)
    lhs = node.transpose(lhs, {1, 0});
  SmallVector<NamedAttribute> attributes;
  if (node.integer("transB", 0) != 0)
    attributes.push_back(node.flag("transpose_rhs"));
  double alpha = node.real("alpha", 1), beta = node.real("beta", 1);
  Value product =
      scaled(node, node.make<MatmulOp>({lhs, rhs}, attributes), alpha);
  if (!added || !product)
    return node.yield(product);
  Value sum = node.make<AddOp>({product, scaled(node, added, beta)});
  if (sum && shapeOf(sum) != shapeOf(product))
    return node.refuse("adds a tensor that does not fit the product");
  return node.yield(sum);
}

ArrayRef<Operator> quantir::productOperators() {
  static constexpr Operator table[] = {
      {"MatMul", 2, 2, importMatMul},
      {"Gemm", 2, 3, importGemm},
  };
  return table;
}
