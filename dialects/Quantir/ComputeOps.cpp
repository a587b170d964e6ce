#include "Quantir/QuantirOps.h"
#include "Quantir/SoftmaxForms.h"

using namespace mlir;
using namespace quantir;

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

static bool sameShapes(TypeRange lhs, TypeRange rhs) {
  return llvm::equal(lhs, rhs, [](Type a, Type b) {
    return cast<ShapedType>(a).getShape() == cast<ShapedType>(b).getShape();
  });
}

/// f32 throughout, short floats into f32, or activation codes times symmetric
/// codes into accumulators.
static LogicalResult verifyProductTypes(Operation *op, Value lhs, Value rhs,
                                        Value bias) {
  Type left = tensorOf(lhs).getElementType();
  Type right = tensorOf(rhs).getElementType();
  Type result = tensorOf(op->getResult(0)).getElementType();
  Type added = bias ? tensorOf(bias).getElementType() : result;
  bool floats = (left.isF32() && (right.isF32() || right.isF16())) ||
                (left.isBF16() && right.isBF16());
  if (floats && result.isF32() && added.isF32())
    return success();
  if (isActivationCode(left) && isSymmetricCode(right) &&
      isAccumulatorCode(result) && isAccumulatorCode(added))
    return success();
  return op->emitOpError("multiplies ")
         << left << " by " << right << " into " << result
         << "; it needs f32, f32 times f16 or bf16 into f32, or 8-bit codes "
            "times symmetric 8-bit codes into 32-bit codes";
}

//===-- Windows
//---------------------------------------------------------------===//

static LogicalResult checkWindow(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<int64_t> kernel,
                                 ArrayRef<int64_t> strides,
                                 ArrayRef<int64_t> dilations,
                                 ArrayRef<int64_t> pads) {
  if (kernel.size() != 2 || strides.size() != 2 || dilations.size() != 2 ||
      pads.size() != 4)
    return emitError()
           << "needs 2 kernel sizes, strides and dilations and 4 pads";
  // Beyond 2^31 an offset inside the image could overflow.
  auto within = [](ArrayRef<int64_t> values, int64_t low) {
    return llvm::all_of(
        values, [&](int64_t v) { return v >= low && v < (int64_t(1) << 31); });
  };
  if (!within(kernel, 1) || !within(strides, 1) || !within(dilations, 1))
    return emitError() << "has a kernel size, stride or dilation below 1";
  if (!within(pads, 0))
    return emitError() << "has a negative pad";
  return success();
}

/// Output height and width of a window over `image` [N, H, W, C].
static FailureOr<std::pair<int64_t, int64_t>>
windowOutput(function_ref<InFlightDiagnostic()> emitError,
             RankedTensorType image, ArrayRef<int64_t> kernel,
             ArrayRef<int64_t> strides, ArrayRef<int64_t> dilations,
             ArrayRef<int64_t> pads) {
  if (image.getRank() != 4)
    return emitError() << "needs an image of rank 4, not " << image;
  if (failed(checkWindow(emitError, kernel, strides, dilations, pads)))
    return failure();
  int64_t out[2];
  for (int i = 0; i < 2; ++i) {
    int64_t size = image.getDimSize(1 + i) + pads[i] + pads[2 + i];
    int64_t window = dilations[i] * (kernel[i] - 1) + 1;
    if (window > size)
      return emitError() << "has a window of " << window
                         << " over a padded image of " << size;
    out[i] = (size - window) / strides[i] + 1;
  }
  return std::pair(out[0], out[1]);
}

static auto reporter(std::optional<Location> location, StringRef name,
                     MLIRContext *context) {
  return [=] {
    return emitError(location.value_or(UnknownLoc::get(context)))
           << "'" << name << "' op ";
  };
}

LogicalResult ConvOp::inferReturnTypes(MLIRContext *context,
                                       std::optional<Location> location,
                                       Adaptor adaptor,
                                       SmallVectorImpl<Type> &types) {
  auto image = tensorOf(adaptor.getInput());
  auto filter = tensorOf(adaptor.getFilter());
  auto report = reporter(location, getOperationName(), context);
  if (filter.getRank() != 4)
    return report() << "needs a filter of rank 4, not " << filter;
  auto out = windowOutput(report, image, filter.getShape().slice(1, 2),
                          adaptor.getStrides(), adaptor.getDilations(),
                          adaptor.getPads());
  if (failed(out))
    return failure();
  types.push_back(RankedTensorType::get(
      {image.getDimSize(0), out->first, out->second, filter.getDimSize(0)},
      image.getElementType()));
  return success();
}

bool ConvOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult ConvOp::verify() {
  // The shapes that the checks below rely on.
  if (failed(mlir::detail::verifyInferredResultTypes(*this)))
    return failure();
  int64_t groups = getGroups();
  int64_t channels = tensorOf(getInput()).getDimSize(3);
  int64_t outputs = tensorOf(getFilter()).getDimSize(0);
  int64_t perGroup = tensorOf(getFilter()).getDimSize(3);
  if (groups < 1 || outputs % groups != 0) // (C2)
    return emitOpError("has ")
           << outputs << " filters in " << groups << " groups";
  if (channels % groups != 0 || channels / groups != perGroup)
    return emitOpError("has ") << channels << " input channels but " << groups
                               << " groups of " << perGroup;
  if (getBias() && tensorOf(getBias()).getShape() != ArrayRef<int64_t>{outputs})
    return emitOpError("has bias ")
           << getBias().getType() << " for " << outputs << " filters";
  return verifyProductTypes(*this, getInput(), getFilter(), getBias()); // (C4)
}

bool ConvOp::isDepthwise() {
  return getGroups() > 1 && tensorOf(getFilter()).getDimSize(3) == 1;
}

QuantizationRole ConvOp::getQuantizationRole() {
  return QuantizationRole::computes;
}
OpOperand *ConvOp::getWeightOperand() { return &getFilterMutable(); }
int64_t ConvOp::getWeightChannelAxis() { return 0; }
int64_t ConvOp::getAccumulationDepth() {
  return tensorOf(getFilter()).getNumElements() /
         tensorOf(getFilter()).getDimSize(0);
}
SmallVector<OpOperand *> ConvOp::getActivationOperands() {
  return {&getInputMutable()};
}

/// Codes of 8 or 16 bits and one scale.
static bool isTensorCode(Type element) {
  return isWideCode(element) || isActivationCode(element);
}

static LogicalResult verifyPoolTypes(MaxPoolOp op) {
  Type from = getElementTypeOrSelf(op.getInput().getType());
  if (from != getElementTypeOrSelf(op.getType()))
    return op.emitOpError("changes the element type");
  if (isShortFloat(from))
    return op.emitOpError("does not compare ") << from << "; cast it to f32";
  return success();
}

static LogicalResult verifyPoolTypes(AvgPoolOp op) { // (P2)
  Type from = getElementTypeOrSelf(op.getInput().getType());
  Type to = getElementTypeOrSelf(op.getType());
  if ((from.isF32() && to.isF32()) ||
      (isTensorCode(from) && isTensorCode(to) &&
       op.getKernel()[0] * op.getKernel()[1] <= 32767))
    return success();
  return op.emitOpError("averages ")
         << from << " to " << to << " in windows of " << op.getKernel()[0]
         << " by " << op.getKernel()[1];
}

#define QUANTIR_POOL(OP)                                                       \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location> location, Adaptor adaptor, \
      SmallVectorImpl<Type> &types) {                                          \
    auto image = tensorOf(adaptor.getInput());                                 \
    auto out = windowOutput(reporter(location, getOperationName(), context),   \
                            image, adaptor.getKernel(), adaptor.getStrides(),  \
                            adaptor.getDilations(), adaptor.getPads());        \
    if (failed(out))                                                           \
      return failure();                                                        \
    types.push_back(RankedTensorType::get(                                     \
        {image.getDimSize(0), out->first, out->second, image.getDimSize(3)},   \
        image.getElementType()));                                              \
    return success();                                                          \
  }                                                                            \
  bool OP::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {             \
    return sameShapes(lhs, rhs);                                               \
  }                                                                            \
  LogicalResult OP::verify() {                                                 \
    /* The shapes that the checks below rely on. */                            \
    if (failed(mlir::detail::verifyInferredResultTypes(*this)))                \
      return failure();                                                        \
    if (failed(verifyPoolTypes(*this)))                                        \
      return failure();                                                        \
    for (int i = 0; i < 4; ++i) /* (P1) */                                     \
      if (getPads()[i] > getDilations()[i % 2] * (getKernel()[i % 2] - 1))     \
        return emitOpError("has a pad of ")                                    \
               << getPads()[i] << " that a whole window fits into";            \
    return success();                                                          \
  }

QUANTIR_POOL(MaxPoolOp)
QUANTIR_POOL(AvgPoolOp)

QuantizationRole MaxPoolOp::getQuantizationRole() {
  return QuantizationRole::same_scale;
}
QuantizationRole AvgPoolOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}

//===-- Products
//--------------------------------------------------------------===//

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto lhs = tensorOf(adaptor.getLhs());
  auto rhs = tensorOf(adaptor.getRhs());
  auto report = reporter(location, getOperationName(), context);
  if (lhs.getRank() < 2 || rhs.getRank() < 2) // (M1)
    return report() << "needs operands of rank 2 or more, not " << lhs
                    << " and " << rhs;
  bool transposed = adaptor.getTransposeRhs();
  int64_t depth = rhs.getDimSize(rhs.getRank() - (transposed ? 1 : 2));
  int64_t columns = rhs.getDimSize(rhs.getRank() - (transposed ? 2 : 1));
  if (lhs.getShape().back() != depth)
    return report() << "sums over " << lhs.getShape().back()
                    << " elements of the left operand but " << depth
                    << " of the right";
  auto shape =
      broadcastShapes(lhs.getShape().drop_back(2), rhs.getShape().drop_back(2));
  if (failed(shape)) // (M2)
    return report() << "has leading dimensions that do not broadcast: " << lhs
                    << " and " << rhs;
  shape->push_back(lhs.getDimSize(lhs.getRank() - 2));
  shape->push_back(columns);
  types.push_back(RankedTensorType::get(*shape, lhs.getElementType()));
  return success();
}

bool MatmulOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult MatmulOp::verify() {
  // The shapes that the checks below rely on.
  if (failed(mlir::detail::verifyInferredResultTypes(*this)))
    return failure();
  int64_t columns = tensorOf(getResult()).getShape().back();
  if (getBias() && tensorOf(getBias()).getShape() != ArrayRef<int64_t>{columns})
    return emitOpError("has bias ")
           << getBias().getType() << " for " << columns << " columns";
  return verifyProductTypes(*this, getLhs(), getRhs(), getBias()); // (M3)
}

QuantizationRole MatmulOp::getQuantizationRole() {
  return QuantizationRole::computes;
}
OpOperand *MatmulOp::getWeightOperand() {
  return matchPattern(getRhs(), m_Constant()) ? &getRhsMutable() : nullptr;
}
int64_t MatmulOp::getWeightChannelAxis() {
  return tensorOf(getRhs()).getRank() - (getTransposeRhs() ? 2 : 1);
}
int64_t MatmulOp::getAccumulationDepth() {
  return tensorOf(getLhs()).getShape().back();
}
SmallVector<OpOperand *> MatmulOp::getActivationOperands() {
  if (getWeightOperand())
    return {&getLhsMutable()};
  return {&getLhsMutable(), &getRhsMutable()};
}

//===-- Reductions and rows
//---------------------------------------------------===//

LogicalResult ReduceOp::inferReturnTypes(MLIRContext *context,
                                         std::optional<Location> location,
                                         Adaptor adaptor,
                                         SmallVectorImpl<Type> &types) {
  auto input = tensorOf(adaptor.getInput());
  ArrayRef<int64_t> axes = adaptor.getAxes();
  bool rising = llvm::is_sorted(axes) &&
                std::adjacent_find(axes.begin(), axes.end()) == axes.end();
  if (!rising || (!axes.empty() &&
                  (axes.front() < 0 || axes.back() >= input.getRank()))) // (R1)
    return reporter(location, getOperationName(), context)()
           << "has axes that are not rising, distinct dimensions of " << input;
  SmallVector<int64_t> shape;
  for (auto [axis, size] : llvm::enumerate(input.getShape())) {
    bool reduced = llvm::is_contained(axes, int64_t(axis));
    if (!reduced)
      shape.push_back(size);
    else if (adaptor.getKeepdims())
      shape.push_back(1);
  }
  types.push_back(RankedTensorType::get(shape, input.getElementType()));
  return success();
}

bool ReduceOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult ReduceOp::verify() {
  // The shapes that the checks below rely on.
  if (failed(mlir::detail::verifyInferredResultTypes(*this)))
    return failure();
  Type input = tensorOf(getInput()).getElementType();
  Type result = getElementTypeOrSelf(getType());
  bool selects = getKind() == ReduceKind::max || getKind() == ReduceKind::min;
  bool sums = getKind() == ReduceKind::sum || getKind() == ReduceKind::mean;
  bool codes = isa<quant::QuantizedType>(input);
  if (codes && sums && (isActivationCode(input) || isWideCode(input)) &&
      isAccumulatorCode(result))
    return success();
  if (input == result && (!codes || selects) && !isShortFloat(input))
    return success();
  return emitOpError("reduces ") << input << " to " << result; // (R2)
}

QuantizationRole ReduceOp::getQuantizationRole() {
  switch (getKind()) {
  case ReduceKind::sum:
  case ReduceKind::mean:
    return QuantizationRole::computes;
  case ReduceKind::max:
  case ReduceKind::min:
    return QuantizationRole::same_scale;
  case ReduceKind::prod:
    return QuantizationRole::float_only;
  }
  llvm_unreachable("unknown reduction");
}

int64_t ReduceOp::getAccumulationDepth() {
  return tensorOf(getInput()).getNumElements() /
         std::max<int64_t>(1, tensorOf(getResult()).getNumElements());
}

/// The type of an operation on rows of the last dimension is its input's.
static LogicalResult inferRowType(Value input, auto error,
                                  SmallVectorImpl<Type> &types) {
  auto type = tensorOf(input);
  if (type.getRank() == 0)
    return error() << "needs a dimension";
  types.push_back(type);
  return success();
}

/// f32 to f32, or codes per tensor to codes per tensor.
static LogicalResult verifyRowTypes(Operation *op, Value input,
                                    int64_t longest) {
  RankedTensorType type = tensorOf(input);
  Type from = type.getElementType();
  Type to = getElementTypeOrSelf(op->getResult(0).getType());
  if (from.isF32() && to.isF32())
    return success();
  if (isTensorCode(from) && isTensorCode(to) &&
      type.getShape().back() <= longest)
    return success();
  return op->emitOpError("takes ")
         << type << " to " << op->getResult(0).getType()
         << "; it needs f32, or codes of 8 or 16 bits in rows of at most "
         << longest;
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferRowType(adaptor.getInput(),
                      reporter(location, getOperationName(), context), types);
}

bool SoftmaxOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult SoftmaxOp::verify() {
  if (getLog() && getUnnormalized()) // (S1)
    return emitOpError("has no logarithm that is not normalized");
  if (failed(verifyRowTypes(*this, getInput(), /*longest=*/65536))) // (S2)
    return failure();
  if (getForm() == SoftmaxForm::house) // (S3)
    return success();
  StringRef form = stringifySoftmaxForm(getForm());
  if (getUnnormalized() || getLog() || !getQuantizedElement(getType()))
    return emitOpError("has form ")
           << form << " but is not a normalized softmax on codes";
  if (std::string reason = SoftmaxFormCodes::reasonAgainst(*this);
      !reason.empty())
    return emitOpError("cannot have form ") << form << ": " << reason;
  return success();
}

QuantizationRole SoftmaxOp::getQuantizationRole() {
  return getLog() ? QuantizationRole::float_only
                  : QuantizationRole::fixed_range;
}
std::pair<double, double> SoftmaxOp::getFixedRange() { return {0.0, 1.0}; }

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *context,
                                            std::optional<Location> location,
                                            Adaptor adaptor,
                                            SmallVectorImpl<Type> &types) {
  return inferRowType(adaptor.getInput(),
                      reporter(location, getOperationName(), context), types);
}

bool LayerNormOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult LayerNormOp::verify() {
  // The shapes that the checks below rely on.
  if (failed(mlir::detail::verifyInferredResultTypes(*this)))
    return failure();
  ArrayRef<int64_t> last = tensorOf(getInput()).getShape().take_back();
  if (tensorOf(getScale()).getShape() != last ||
      tensorOf(getBias()).getShape() != last) // (L1)
    return emitOpError("has scale ")
           << getScale().getType() << " and bias " << getBias().getType()
           << " for rows of " << last.front();
  if (failed(verifyRowTypes(*this, getInput(), /*longest=*/32767))) // (L2)
    return failure();
  if (getForm() != NormForm::house && !getQuantizedElement(getType())) // (L3)
    return emitOpError("has form ")
           << stringifyNormForm(getForm()) << " but is not of codes";
  return success();
}

QuantizationRole LayerNormOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}

LogicalResult RmsNormOp::inferReturnTypes(MLIRContext *context,
                                          std::optional<Location> location,
                                          Adaptor adaptor,
                                          SmallVectorImpl<Type> &types) {
  return inferRowType(adaptor.getInput(),
                      reporter(location, getOperationName(), context), types);
}

bool RmsNormOp::isCompatibleReturnTypes(TypeRange lhs, TypeRange rhs) {
  return sameShapes(lhs, rhs);
}

LogicalResult RmsNormOp::verify() {
  // The shapes that the checks below rely on.
  if (failed(mlir::detail::verifyInferredResultTypes(*this)))
    return failure();
  ArrayRef<int64_t> last = tensorOf(getInput()).getShape().take_back();
  if (tensorOf(getScale()).getShape() != last) // (N1)
    return emitOpError("has scale ")
           << getScale().getType() << " for rows of " << last.front();
  return verifyRowTypes(*this, getInput(), /*longest=*/32767); // (N2)
}

QuantizationRole RmsNormOp::getQuantizationRole() {
  return QuantizationRole::float_only;
}
