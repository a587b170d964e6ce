// QuantizeLinear and DequantizeLinear: codes carry their scale in the type.

#include "Operators.h"

using namespace mlir;
using namespace quantir;

/// The scales and zero points of a node, and the axis they run along.
struct Grid {
  SmallVector<double> scales;
  SmallVector<int64_t> zeroPoints;
  std::optional<int64_t> axis;
};

static FailureOr<Grid> readGrid(NodeImport &node) {
  Grid grid;
  DenseElementsAttr scales = constantOf(node.input(1));
  if (!scales || !scales.getElementType().isF32() ||
      scales.getType().getRank() > 1 || scales.getNumElements() == 0)
    return node.refuse(
        "needs float32 scales known at compile time, one for the "
        "tensor or one for each channel");
  for (float scale : scales.getValues<float>()) {
    if (!(scale > 0) || !std::isnormal(scale))
      return node.refuse("has a scale that is no positive number");
    grid.scales.push_back(scale);
  }
  grid.zeroPoints.assign(grid.scales.size(), 0);
  if (node.input(2)) {
    auto zeros = node.integers(2, "zero points");
    if (!zeros)
      return failure();
    if (zeros->size() != grid.scales.size())
      return node.refuse("has " + Twine(grid.scales.size()) + " scales but " +
                         Twine(zeros->size()) + " zero points");
    grid.zeroPoints = *zeros;
  }
  if (scales.getType().getRank() == 0 || grid.scales.size() == 1)
    return grid;
  int64_t axis = node.integer("axis", 1);
  if (failed(node.normalizeAxis(axis, rankOf(node.input(0)))))
    return failure();
  if (shapeOf(node.input(0))[axis] != int64_t(grid.scales.size()))
    return node.refuse("has " + Twine(grid.scales.size()) +
                       " scales for a dimension of " +
                       Twine(shapeOf(node.input(0))[axis]));
  grid.axis = axis;
  return grid;
}

/// The element type of codes stored as `storage` (ui8, i8 or i32).
static FailureOr<Type> codesOf(NodeImport &node, const Grid &grid,
                               IntegerType storage) {
  unsigned width = storage.getWidth();
  bool isUnsigned = storage.isUnsigned();
  if ((width != 8 && width != 32) || (width == 32 && isUnsigned))
    return node.refuse("has codes that are neither uint8, int8 nor int32");
  int64_t low = isUnsigned ? 0 : -(int64_t(1) << (width - 1));
  int64_t high = isUnsigned ? 255 : -low - 1;
  for (int64_t zero : grid.zeroPoints)
    if (zero < low || zero > high || (width == 32 && zero != 0))
      return node.refuse("has zero point " + Twine(zero) + " for its codes");
  MLIRContext *context = node.getBuilder().getContext();
  unsigned flags = isUnsigned ? 0 : quant::QuantizationFlags::Signed;
  Type stored = IntegerType::get(context, width);
  Type real = Float32Type::get(context);
  if (!grid.axis)
    return Type(quant::UniformQuantizedType::get(
        flags, stored, real, grid.scales[0], grid.zeroPoints[0], low, high));
  return Type(quant::UniformQuantizedPerAxisType::get(
      flags, stored, real, grid.scales, grid.zeroPoints, *grid.axis, low,
      high));
}

static LogicalResult refuseNewForms(NodeImport &node) {
  if (node.integer("block_size", 0) != 0)
    return node.refuse("has scales for blocks, which is not supported; one for "
                       "the tensor or one for each channel is");
  return success();
}

static LogicalResult importQuantize(NodeImport &node) {
  if (failed(refuseNewForms(node)))
    return failure();
  auto grid = readGrid(node);
  if (failed(grid))
    return failure();
  Builder &builder = node.getBuilder();
  auto storage = builder.getIntegerType(8, /*isSigned=*/false);
  if (Value zero = node.input(2))
    storage = cast<IntegerType>(elementOf(zero));
  else if (node.integer("output_dtype", 2) == 3) // TensorProto.INT8
    storage = builder.getI8Type();
  if (storage.getWidth() != 8)
    return node.refuse("makes codes of " + Twine(storage.getWidth()) +
                       " bits; 8 are supported");
  auto element = codesOf(node, *grid, storage);
  if (failed(element))
    return failure();
  return node.yield(node.makeTyped<QuantizeOp>(shapeOf(node.input(0)), *element,
                                               node.input(0)));
}

/// Stored integers that are known become codes.
static Value constantCodes(NodeImport &node, DenseElementsAttr stored,
                           Type element) {
  auto type = cast<RankedTensorType>(stored.getType());
  auto codes = DenseElementsAttr::getFromRawBuffer(
      type.clone(getStorageType(element)), stored.getRawData());
  return ConstantOp::create(node.getBuilder(), node.getLocation(),
                            type.clone(element), codes);
}

/// (x - zero point) * scale of integers that the model receives.
static Value dequantizeIntegers(NodeImport &node, const Grid &grid) {
  Value x = node.input(0);
  Type integer = node.getBuilder().getI32Type();
  SmallVector<int64_t> shape;
  if (grid.axis) {
    shape.assign(rankOf(x) - *grid.axis, 1);
    shape[0] = int64_t(grid.scales.size());
  }
  auto zeros = llvm::to_vector_of<int32_t>(grid.zeroPoints);
  auto scales = llvm::to_vector_of<float>(grid.scales);
  Type real = node.getBuilder().getF32Type();
  Value zero = node.constant(DenseElementsAttr::get(
      RankedTensorType::get(shape, integer), ArrayRef(zeros)));
  Value scale = node.constant(DenseElementsAttr::get(
      RankedTensorType::get(shape, real), ArrayRef(scales)));
  Value moved = node.make<SubOp>({node.cast(x, integer), zero});
  return node.make<MulOp>({node.cast(moved, real), scale});
}

static LogicalResult importDequantize(NodeImport &node) {
  if (failed(refuseNewForms(node)))
    return failure();
  auto grid = readGrid(node);
  if (failed(grid))
    return failure();
  Value codes = node.input(0);
  Type real = node.getBuilder().getF32Type();
  if (auto stored = dyn_cast<IntegerType>(elementOf(codes))) {
    DenseElementsAttr known = constantOf(codes);
    if (!known)
      return node.yield(dequantizeIntegers(node, *grid));
    auto element = codesOf(node, *grid, stored);
    if (failed(element))
      return failure();
    codes = constantCodes(node, known, *element);
  } else if (auto type = dyn_cast<quant::QuantizedType>(elementOf(codes))) {
    if (getScales(type) != grid->scales ||
        getZeroPoints(type) != grid->zeroPoints)
      return node.refuse("reads codes by another scale or zero point than they "
                         "were written with");
  } else {
    return node.refuse("reads numbers that are no codes");
  }
  return node.yield(node.makeTyped<DequantizeOp>(shapeOf(codes), real, codes));
}

ArrayRef<Operator> quantir::quantizationOperators() {
  static constexpr Operator table[] = {
      {"QuantizeLinear", 2, 3, importQuantize},
      {"DequantizeLinear", 2, 3, importDequantize},
  };
  return table;
}
