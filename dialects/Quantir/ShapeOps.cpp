#include "Quantir/QuantirOps.h"

#include <cmath>

using namespace mlir;
using namespace quantir;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool sameTypes(TypeRange lhs, TypeRange rhs) {
  return llvm::equal(lhs, rhs);
}

static InFlightDiagnostic report(std::optional<Location> location,
                                 StringRef name, MLIRContext *context) {
  return emitError(location.value_or(UnknownLoc::get(context)))
         << "'" << name << "' op ";
}

//===-- Reshape, expand
//-------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  auto input = tensorOf(getInput()), result = tensorOf(getResult());
  if (input.getNumElements() != result.getNumElements() ||
      input.getElementType() != result.getElementType()) // (R1)
    return emitOpError("reshapes ") << input << " to " << result;
  return success();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

QuantizationRole ReshapeOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

LogicalResult ExpandOp::verify() {
  auto input = tensorOf(getInput()), result = tensorOf(getResult());
  auto shape = broadcastShapes(input.getShape(), result.getShape());
  if (failed(shape) || ArrayRef<int64_t>(*shape) != result.getShape() ||
      input.getElementType() != result.getElementType()) // (E1)
    return emitOpError("cannot repeat ") << input << " to " << result;
  return success();
}

OpFoldResult ExpandOp::fold(FoldAdaptor) {
  return getInput().getType() == getType() ? OpFoldResult(getInput())
                                           : OpFoldResult();
}

QuantizationRole ExpandOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

//===-- Transpose
//-------------------------------------------------------------===//

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *context,
                                            std::optional<Location> location,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  auto input = tensorOf(adaptor.getInput());
  SmallVector<int64_t> sorted(adaptor.getPermutation());
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, input.getRank()))) // (T1)
    return report(location, getOperationName(), context)
           << "has a permutation that is none of the dimensions of " << input;
  SmallVector<int64_t> shape;
  for (int64_t dim : adaptor.getPermutation())
    shape.push_back(input.getDimSize(dim));
  types.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

bool TransposeOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  // A per-axis type names another axis after the permutation.
  return cast<ShapedType>(lhs[0]).getShape() ==
         cast<ShapedType>(rhs[0]).getShape();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::equal(getPermutation(),
                  llvm::seq<int64_t>(0, getPermutation().size())))
    return getInput();
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  SmallVector<int64_t> both;
  for (int64_t dim : getPermutation())
    both.push_back(inner.getPermutation()[dim]);
  setPermutation(both);
  getInputMutable().assign(inner.getInput());
  return getResult();
}

QuantizationRole TransposeOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

//===-- Slice, concat, pad
//----------------------------------------------------===//

LogicalResult SliceOp::inferReturnTypes(MLIRContext *context,
                                        std::optional<Location> location,
                                        Adaptor adaptor,
                                        SmallVectorImpl<Type> &types) {
  auto input = tensorOf(adaptor.getInput());
  size_t rank = input.getRank();
  if (adaptor.getOffsets().size() != rank ||
      adaptor.getSizes().size() != rank ||
      adaptor.getSteps().size() != rank) // (S1)
    return report(location, getOperationName(), context)
           << "needs one offset, size and step for each dimension of " << input;
  for (size_t i = 0; i < rank; ++i) {
    int64_t offset = adaptor.getOffsets()[i], size = adaptor.getSizes()[i],
            step = adaptor.getSteps()[i], extent = input.getDimSize(i), span,
            last;
    if (size == 0 && step != 0)
      continue;
    bool overflow = llvm::MulOverflow(size - 1, step, span) ||
                    llvm::AddOverflow(offset, span, last);
    if (step == 0 || size < 0 || overflow || offset < 0 || offset >= extent ||
        last < 0 || last >= extent)
      return report(location, getOperationName(), context)
             << "reads " << size << " elements from " << offset << " by "
             << step << " in a dimension of " << extent;
  }
  types.push_back(
      RankedTensorType::get(adaptor.getSizes(), input.getElementType()));
  return success();
}

bool SliceOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameTypes(lhs, rhs);
}
QuantizationRole SliceOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  if (adaptor.getInputs().empty())
    return report(location, getOperationName(), context) << "needs an operand";
  auto first = tensorOf(adaptor.getInputs().front());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= first.getRank())
    return report(location, getOperationName(), context)
           << "has no axis " << axis << " in " << first;
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : adaptor.getInputs().drop_front()) {
    auto type = tensorOf(input);
    SmallVector<int64_t> other(type.getShape());
    if (type.getRank() == first.getRank()) {
      shape[axis] += other[axis];
      other[axis] = shape[axis];
    }
    if (other != shape ||
        type.getElementType() != first.getElementType()) // (C1)
      return report(location, getOperationName(), context)
             << "joins " << first << " and " << type << " along axis " << axis;
  }
  types.push_back(RankedTensorType::get(shape, first.getElementType()));
  return success();
}

bool ConcatOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameTypes(lhs, rhs);
}
QuantizationRole ConcatOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}
SmallVector<OpOperand *> ConcatOp::getActivationOperands() {
  return llvm::map_to_vector(getOperation()->getOpOperands(),
                             [](OpOperand &operand) { return &operand; });
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *context,
                                      std::optional<Location> location,
                                      Adaptor adaptor,
                                      SmallVectorImpl<Type> &types) {
  auto input = tensorOf(adaptor.getInput());
  size_t rank = input.getRank();
  if (adaptor.getLow().size() != rank ||
      adaptor.getHigh().size() != rank) // (P1)
    return report(location, getOperationName(), context)
           << "needs an entry of low and high for each dimension of " << input;
  SmallVector<int64_t> shape(input.getShape());
  for (size_t i = 0; i < rank; ++i) {
    int64_t low = adaptor.getLow()[i], high = adaptor.getHigh()[i];
    constexpr int64_t most = int64_t(1) << 31;
    if (low < 0 || high < 0 || low > most || high > most)
      return report(location, getOperationName(), context)
             << "pads a dimension by " << low << " and " << high;
    int64_t needed =
        adaptor.getMode() == PadMode::reflect ? std::max(low, high) + 1 : 1;
    if (adaptor.getMode() != PadMode::constant && (low || high) &&
        shape[i] < needed) // (P2)
      return report(location, getOperationName(), context)
             << "has " << shape[i] << " elements to pad by " << low << " and "
             << high;
    shape[i] += low + high;
  }
  types.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

LogicalResult PadOp::verify() {
  auto codes = getQuantizedElement(getType());
  if (!codes || getMode() != PadMode::constant)
    return success();
  double value = getValue().convertToDouble();
  if (!llvm::all_equal(getZeroPoints(codes)) ||
      (value != 0 && !llvm::all_equal(getScales(codes)))) // (P3)
    return emitOpError("has no one code for ") << value << " in " << codes;
  return success();
}

uint64_t PadOp::getFillBits() {
  Type element = getElementTypeOrSelf(getType());
  double value = getValue().convertToDouble();
  if (element.isF32())
    return llvm::bit_cast<uint32_t>(float(value));
  if (isShortFloat(element))
    return FloatAttr::get(element, value)
        .getValue()
        .bitcastToAPInt()
        .getZExtValue();
  unsigned bits = getStorageType(element).getIntOrFloatBitWidth();
  double number = std::isnan(value) ? 0 : value;
  double low = -std::ldexp(1.0, int(bits) - 1), high = -low - 1;
  if (auto codes = getQuantizedElement(getType())) {
    number = std::nearbyint(number / getScales(codes)[0]) +
             double(getZeroPoints(codes)[0]);
    low = double(codes.getStorageTypeMin());
    high = double(codes.getStorageTypeMax());
  } else if (element.isUnsignedInteger()) {
    low = 0, high = 255;
  } else if (element.isInteger(1)) {
    number = number != 0;
  }
  double limited = std::fmin(std::fmax(number, low), high);
  // 2^63 - 1 is no double; the largest i64 stands for what is above.
  return limited >= 0x1p63 ? uint64_t(std::numeric_limits<int64_t>::max())
                           : uint64_t(int64_t(limited));
}

bool PadOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameTypes(lhs, rhs);
}
QuantizationRole PadOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

//===-- Gather, resize
//--------------------------------------------------------===//

/// The element of a gather's result: the axis of codes moves by the dimensions
/// that the indices bring. Null when it is the axis gathered along.
static Type elementAfterGather(Type element, int64_t axis, int64_t indexRank) {
  auto codes = dyn_cast<quant::UniformQuantizedPerAxisType>(element);
  if (!codes || codes.getQuantizedDimension() < axis)
    return element;
  if (codes.getQuantizedDimension() == axis)
    return Type();
  return quant::UniformQuantizedPerAxisType::get(
      codes.getFlags(), codes.getStorageType(), codes.getExpressedType(),
      codes.getScales(), codes.getZeroPoints(),
      int32_t(codes.getQuantizedDimension() + indexRank - 1),
      codes.getStorageTypeMin(), codes.getStorageTypeMax());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto input = tensorOf(adaptor.getInput());
  auto indices = tensorOf(adaptor.getIndices());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= input.getRank() ||
      input.getDimSize(axis) == 0) // (G1)
    return report(location, getOperationName(), context)
           << "has nothing to gather along axis " << axis << " of " << input;
  Type element =
      elementAfterGather(input.getElementType(), axis, indices.getRank());
  if (!element) // (G2)
    return report(location, getOperationName(), context)
           << "gathers along the axis of the scales of " << input;
  SmallVector<int64_t> shape(input.getShape().take_front(axis));
  llvm::append_range(shape, indices.getShape());
  llvm::append_range(shape, input.getShape().drop_front(axis + 1));
  types.push_back(RankedTensorType::get(shape, element));
  return success();
}

bool GatherOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameTypes(lhs, rhs);
}
QuantizationRole GatherOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}

LogicalResult ResizeOp::verify() {
  auto input = tensorOf(getInput()), result = tensorOf(getResult());
  bool linear = getMode() == ResizeMode::linear;
  if (input.getRank() != 4 || result.getRank() != 4 ||
      input.getElementType() != result.getElementType() ||
      input.getDimSize(0) != result.getDimSize(0) ||
      input.getDimSize(3) != result.getDimSize(3) ||
      input.getNumElements() == 0 ||
      (linear && !input.getElementType().isF32() &&
       !isActivationCode(input.getElementType()) &&
       !isWideCode(input.getElementType()))) // (R1)
    return emitOpError("cannot resize ") << input << " to " << result;
  if (getScales().size() != 2 || !llvm::all_of(getScales(), [](double s) {
        return std::isfinite(s) && s > 0;
      })) // (R2)
    return emitOpError("needs two positive scales");
  return success();
}

QuantizationRole ResizeOp::getQuantizationRole() {
  return getMode() == ResizeMode::nearest ? QuantizationRole::same_scale
                                          : QuantizationRole::float_only;
}
