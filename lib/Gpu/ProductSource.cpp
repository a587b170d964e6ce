// What convolutions and matrix products have in common.
#include "Product.h"

using namespace mlir;
using namespace quantir;

ProductSource::ProductSource(GpuLowering &lowering, KernelOp kernel,
                             ConvOp conv)
    : op(conv), kernel(kernel), left(conv.getInput()), right(conv.getFilter()),
      bias(conv.getBias()), conv(conv),
      weights(constantOf(lowering.constants, kernel, right)),
      rightIsTransposed(true) {
  ArrayRef<int64_t> out = shapeOf(conv.getResult()), filter = shapeOf(right);
  rows = out[0] * out[1] * out[2];
  columns = out[3];
  groups = conv.getGroups();
  height = filter[1];
  width = filter[2];
  depth = filter[3];
}

static int64_t countOf(ArrayRef<int64_t> sizes) {
  int64_t product = 1;
  for (int64_t size : sizes)
    product *= size;
  return product;
}

ProductSource::ProductSource(GpuLowering &lowering, KernelOp kernel,
                             MatmulOp matmul)
    : op(matmul), kernel(kernel), left(matmul.getLhs()), right(matmul.getRhs()),
      bias(matmul.getBias()),
      weights(constantOf(lowering.constants, kernel, right)),
      rightIsTransposed(matmul.getTransposeRhs()) {
  ArrayRef<int64_t> out = shapeOf(matmul.getResult()), lhs = shapeOf(left);
  ArrayRef<int64_t> lead = out.drop_back(2);
  rows = out[out.size() - 2];
  columns = out.back();
  depth = lhs.back();
  rights = countOf(shapeOf(right).drop_back(2));
  matrices = countOf(lead);
  // With one right operand the rows of all left ones follow one another.
  if (rights == 1 && lhs.drop_back(2) == lead) {
    rows *= matrices;
    matrices = 1;
  }
}

bool ProductSource::isOfCodes() const {
  return getQuantizedElement(op->getResult(0).getType()) != nullptr;
}

bool ProductSource::isDepthwise() const {
  return groups > 1 && depth == 1 && columns == groups;
}

bool ProductSource::hasPads() const {
  return conv &&
         llvm::any_of(ConvOp(conv).getPads(), [](int64_t p) { return p != 0; });
}

int64_t ProductSource::zeroPoint() const {
  return getZeroPoints(getQuantizedElement(left.getType()))[0];
}

/// The number of the matrix of `operand`, whose leading dimensions are
/// broadcast to the result's.
static Value matrixOf(GpuKernel &code, Operation *op, Value operand,
                      Value matrix) {
  auto leading = [](ArrayRef<int64_t> shape) {
    SmallVector<int64_t> sizes(shape.drop_back(2));
    sizes.push_back(1);
    return sizes;
  };
  BroadcastShape shape(leading(shapeOf(op->getResult(0))));
  return shape.rowOffset(code, shape.merged(leading(shapeOf(operand))), matrix,
                         1);
}

Value ProductSource::firstChannel(GpuKernel &code, Value column) const {
  return groups == 1 ? code.index(0)
                     : code.mul(code.div(column, columnsOfGroup()), depth);
}

Value ProductSource::leftMatrix(GpuKernel &code, Value matrix) const {
  return matrices == 1 ? code.index(0) : matrixOf(code, op, left, matrix);
}

Value ProductSource::rightMatrix(GpuKernel &code, Value matrix) const {
  return rights == 1 ? code.index(0) : matrixOf(code, op, right, matrix);
}

Value quantir::packedBuffer(GpuLowering &lowering, const ProductSource &source,
                            const PackedOrder &order, ArrayRef<int32_t> words,
                            int64_t width) {
  Value buffer = lowering.constantBuffer(source.location(), words);
  auto global = lowering.module.lookupSymbol<memref::GlobalOp>(
      buffer.getDefiningOp<memref::GetGlobalOp>().getName());
  if (Attribute described = order.describe(source.weights, width))
    global->setAttr(kOrderAttr, described);
  return buffer;
}

Value quantir::packedBuffer(GpuLowering &lowering, const ProductSource &source,
                            const PackedOrder &order, int64_t count) {
  SmallVector<int32_t> words(count);
  order.pack(source.weights, {reinterpret_cast<char *>(words.data()),
                              words.size() * sizeof(int32_t)});
  int64_t width = bytesOfElement(getElementTypeOrSelf(source.right.getType()));
  return packedBuffer(lowering, source, order, words, width);
}
