#include "ProductColumns.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace quantir;

static quant::UniformQuantizedPerAxisType perAxis(Value value) {
  return dyn_cast<quant::UniformQuantizedPerAxisType>(
      typeOf(value).getElementType());
}

bool quantir::isPerAxis(Value value) { return perAxis(value) != nullptr; }

/// The type of the indices `range` of dimension `dim`.
static RankedTensorType slicedType(RankedTensorType type, int64_t dim,
                                   Columns range) {
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = range.count;
  Type element = type.getElementType();
  if (auto codes = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
      codes && codes.getQuantizedDimension() == dim)
    element = quant::UniformQuantizedPerAxisType::get(
        codes.getFlags(), codes.getStorageType(), codes.getExpressedType(),
        codes.getScales().slice(range.first, range.count),
        codes.getZeroPoints().slice(range.first, range.count), int32_t(dim),
        codes.getStorageTypeMin(), codes.getStorageTypeMax());
  return RankedTensorType::get(shape, element);
}

//===-- Constants ---------------------------------------------------------===//

/// The elements of a constant in row-major order, none when it has no bytes to
/// look at; those of a splat are one.
static ArrayRef<char> bytesOf(ElementsAttr value) {
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    return dense.getRawData();
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    if (AsmResourceBlob *blob = resource.getRawHandle().getBlob())
      return blob->getData();
  return {};
}

bool quantir::canSlice(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  if (!constant || typeOf(value).getElementType().isInteger(1))
    return false;
  auto dense = dyn_cast<DenseElementsAttr>(constant.getValue());
  return (dense && dense.isSplat()) ||
         int64_t(bytesOf(constant.getValue()).size()) ==
             bytesOfTensor(typeOf(value));
}

/// Of every row of dimension `dim` the elements `range`.
static std::vector<char> sliceBytes(ArrayRef<char> raw, RankedTensorType type,
                                    int64_t dim, Columns range) {
  int64_t inner = bytesOfElement(type.getElementType());
  for (int64_t size : type.getShape().drop_front(dim + 1))
    inner *= size;
  int64_t row = type.getDimSize(dim) * inner;
  std::vector<char> sliced;
  for (int64_t at = 0; at < int64_t(raw.size()); at += row)
    llvm::append_range(
        sliced, raw.slice(at + range.first * inner, range.count * inner));
  return sliced;
}

static Value sliceConstant(OpBuilder &builder, Value value, int64_t dim,
                           Columns range) {
  auto constant = value.getDefiningOp<ConstantOp>();
  RankedTensorType type = slicedType(typeOf(value), dim, range);
  ElementsAttr elements = constant.getValue();
  auto stored = RankedTensorType::get(
      type.getShape(), elements.getShapedType().getElementType());
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  if (dense && dense.isSplat())
    return ConstantOp::create(builder, value.getLoc(), type,
                              dense.resizeSplat(stored));
  std::vector<char> sliced =
      sliceBytes(bytesOf(elements), typeOf(value), dim, range);
  return ConstantOp::create(
      builder, value.getLoc(), type,
      DenseElementsAttr::getFromRawBuffer(stored, sliced));
}

//===-- Products ----------------------------------------------------------===//

bool quantir::canSliceColumns(Operation *product) {
  if (auto conv = dyn_cast<ConvOp>(product); conv && conv.getGroups() != 1)
    return false;
  return llvm::all_of(product->getOperands().drop_front(), canSlice);
}

Value quantir::sliceProduct(Operation *product, Columns range) {
  OpBuilder builder(product);
  int64_t axis = cast<QuantizationInterface>(product).getWeightChannelAxis();
  SmallVector<Value> operands(product->getOperands());
  operands[1] = sliceConstant(builder, operands[1], axis, range);
  if (operands.size() == 3)
    operands[2] = sliceConstant(builder, operands[2], 0, range);
  RankedTensorType type = typeOf(product->getResult(0));
  Operation *part = builder.clone(*product);
  part->setOperands(operands);
  part->getResult(0).setType(slicedType(type, type.getRank() - 1, range));
  return part->getResult(0);
}

//===-- Elementwise ops ---------------------------------------------------===//

bool quantir::keepsMeaningByColumns(Operation *op, int64_t axis) {
  if (llvm::none_of(op->getOperands(), isPerAxis))
    return true;
  return isa<DequantizeOp, RequantizeOp>(op) &&
         perAxis(op->getOperand(0)).getQuantizedDimension() == axis;
}

bool quantir::keepsMultipliers(Operation *op, Columns range) {
  auto requantize = dyn_cast<RequantizeOp>(op);
  if (!requantize || !requantize.getQ31() || !isPerAxis(requantize.getInput()))
    return true;
  ArrayRef<double> scales = perAxis(requantize.getInput()).getScales();
  double out = getScales(getQuantizedElement(requantize.getType()))[0];
  auto shiftOf = [&](ArrayRef<double> in) {
    return fixedPoint(
               llvm::map_to_vector(in, [&](double x) { return x / out; }))
        .shift;
  };
  return shiftOf(scales) == shiftOf(scales.slice(range.first, range.count));
}

Value quantir::sliceElementwise(OpBuilder &builder, Operation *op,
                                Value columns, Columns range, int64_t width) {
  auto elementwise = cast<ElementwiseInterface>(op);
  SmallVector<Value> operands;
  for (OpOperand &operand : op->getOpOperands()) {
    Value value = operand.get();
    if (!value.getDefiningOp<ConstantOp>())
      operands.push_back(columns);
    else if (elementwise.isTable(operand.getOperandNumber()) ||
             elementsOf(value) == 1 || shapeOf(value).back() != width)
      operands.push_back(value);
    else
      operands.push_back(
          sliceConstant(builder, value, shapeOf(value).size() - 1, range));
  }
  RankedTensorType result = typeOf(op->getResult(0));
  Operation *part = builder.clone(*op);
  part->setOperands(operands);
  part->getResult(0).setType(
      RankedTensorType::get(shapeOf(columns), result.getElementType()));
  return part->getResult(0);
}
