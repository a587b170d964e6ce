#include "KnownTensors.h"
#include "MovedExtents.h"
#include "NodeFilter.h"
#include "Plan.h"
#include "Quantir/StridedView.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Quantize/WeightCodes.h"

namespace quantir {
#define GEN_PASS_DEF_CENTERKEYSPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static bool isSplat(Value value) {
  DenseElementsAttr constant;
  return matchPattern(value, m_Constant(&constant)) && constant.isSplat();
}

/// A constant so low that what is added to other scores of its row makes no
/// difference to it.
static bool hides(Value value) {
  DenseElementsAttr constant;
  return matchPattern(value, m_Constant(&constant)) && constant.isSplat() &&
         constant.getElementType().isF32() &&
         constant.getSplatValue<float>() <= -1e4f;
}

/// True when `user` makes of scores that are all greater by one number scores
/// that again are.
static bool keepsDifferences(Operation *user, Value scores) {
  if (isa<AddOp>(user))
    return user->getOperand(0) != user->getOperand(1);
  if (isa<SubOp, DivOp>(user))
    return user->getOperand(0) == scores &&
           (isa<SubOp>(user) || isSplat(user->getOperand(1)));
  if (isa<MulOp>(user))
    return isSplat(user->getOperand(user->getOperand(0) == scores ? 1 : 0));
  auto select = dyn_cast<SelectOp>(user);
  return select &&
         llvm::all_of(select->getOperands().drop_front(), [&](Value choice) {
           return choice == scores || hides(choice);
         });
}

/// True when the result of `product` is read by a softmax alone, which yields
/// the same when one number is added to a whole row.
static bool givesScores(MatmulOp product) {
  Value value = product.getResult();
  while (value.hasOneUse()) {
    Operation *user = *value.user_begin();
    if (isa<SoftmaxOp>(user))
      return true;
    if (!keepsDifferences(user, value) ||
        shapeOf(user->getResult(0)) != shapeOf(value))
      return false;
    value = user->getResult(0);
  }
  return false;
}

/// The ops between the origin of the keys and the product, that first first.
static SmallVector<Operation *> pathTo(Value keys, Value origin) {
  SmallVector<Operation *> path;
  for (Value value = keys; value != origin; value = path.front()->getOperand(0))
    path.insert(path.begin(), value.getDefiningOp());
  return path;
}

/// True when a vector along the last dimension of `origin` is the same for all
/// keys of a head.
static bool isSameForAllKeys(MatmulOp product, Value origin,
                             ArrayRef<Operation *> path) {
  ArrayRef<int64_t> shape = shapeOf(origin);
  std::optional<StridedView> view = StridedView();
  for (int64_t size : shape.drop_back())
    view->dims.push_back({{size, 0}});
  view->dims.push_back({{shape.back(), 1}});
  for (Operation *op : path)
    if (view)
      view = viewThrough(op, *view);
  if (!view)
    return false;
  int64_t rank = view->dims.size();
  int64_t keys = product.getTransposeRhs() ? rank - 2 : rank - 1;
  return llvm::all_of(view->dims[keys],
                      [](StridedView::Run run) { return run.stride == 0; });
}

/// Before ops that only repeat or regroup vectors of the last dimension.
static Value beforeRepetition(Value value) {
  for (;;) {
    Operation *op = value.getDefiningOp();
    if (!op || !isa<ExpandOp, ReshapeOp>(op) || !value.hasOneUse() ||
        shapeOf(op->getOperand(0)).empty() ||
        shapeOf(op->getOperand(0)).back() != shapeOf(value).back())
      return value;
    value = op->getOperand(0);
  }
}

/// Takes `mean` from the bias of the product that alone yields `value`; null
/// when there is none.
static Value subtractInBias(Value value, ArrayRef<float> mean) {
  auto product = value.getDefiningOp<MatmulOp>();
  if (!product || !value.hasOneUse() || reasonToStayFloat(product) ||
      !cast<QuantizationInterface>(product.getOperation()).getWeightOperand())
    return {};
  SmallVector<double> bias(mean.size(), 0.0);
  if (product.getBias()) {
    std::optional<FloatElements> data = constantFloats(product.getBias());
    if (!data || data->size() != mean.size())
      return {};
    for (size_t i = 0; i < mean.size(); ++i)
      bias[i] = (*data)[i];
  }
  for (auto [number, average] : llvm::zip_equal(bias, mean))
    number -= double(average);
  OpBuilder builder(product);
  Value constant =
      floatConstant(builder, product.getLoc(), {int64_t(bias.size())}, bias);
  product.getBiasMutable().assign(constant);
  return value;
}

/// The same as an op of its own, for the readers that `isReader` names.
static Value subtract(Value value, ArrayRef<float> mean, Operation *reader) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  SmallVector<double> values(mean.begin(), mean.end());
  Value constant =
      floatConstant(builder, value.getLoc(), {int64_t(values.size())}, values);
  Value centered =
      SubOp::create(builder, value.getLoc(), value.getType(), value, constant);
  value.replaceUsesWithIf(
      centered, [&](OpOperand &use) { return use.getOwner() == reader; });
  return centered;
}

/// Of all channels and zero.
static Extent extentOfChannels(const ActivationChannels &channels) {
  return {std::min<double>(0, *llvm::min_element(channels.low)),
          std::max<double>(0, *llvm::max_element(channels.high))};
}

static KnownTensor centered(ActivationChannels channels) {
  for (size_t i = 0; i < channels.size(); ++i) {
    channels.low[i] -= channels.mean[i];
    channels.high[i] -= channels.mean[i];
    channels.mean[i] = 0;
  }
  Extent extent = extentOfChannels(channels);
  return {scaleOfRange(extent.low, extent.high), std::move(channels)};
}

static void center(MatmulOp product, KnownTensors &known) {
  Value keys = product.getRhs(), origin = originOf(keys);
  auto found = known.of.find(origin);
  if (!givesScores(product) || found == known.of.end() ||
      !found->second.scale || !found->second.channels ||
      found->second.channels->size() != size_t(shapeOf(origin).back()))
    return;
  SmallVector<Operation *> path = pathTo(keys, origin);
  if (!isSameForAllKeys(product, origin, path))
    return;
  std::optional<MovedExtents> scores = extentsOfShiftedScores(product);
  if (!scores)
    return;
  ActivationChannels before = *found->second.channels;
  KnownTensor after = centered(before);
  // Less than a tenth of the range is not worth an operation.
  double share =
      after.scale->symmetricScale / found->second.scale->symmetricScale;
  if (!(share < 0.9))
    return;
  Value target = beforeRepetition(origin);
  Operation *reader = path.empty() ? product.getOperation() : path.front();
  if (target != origin)
    reader = *target.user_begin();
  Value result = subtractInBias(target, before.mean);
  if (!result)
    result = subtract(target, before.mean, reader);
  for (auto [value, extent] : *scores)
    setExtent(value, extent);
  if (!scores->empty())
    setExtentOfKeys(product.getRhs(), result,
                    extentOfChannels(*after.channels));
  known.of[target == origin ? result : origin] = std::move(after);
  remark::passed(
      product.getLoc(),
      remark::RemarkOpts::name("KeysCentered").category("quantir-center-keys"))
      << remark::add("keys less the mean of each channel need {0} of their "
                     "range",
                     share);
}

namespace {
struct CenterKeys : quantir::impl::CenterKeysPassBase<CenterKeys> {
  using CenterKeysPassBase::CenterKeysPassBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    if (!main || !getOperation()->hasAttr("quantir.channels"))
      return;
    NodeFilter filter;
    if (failed(filter.compile(ignore, only, main)))
      return signalPassFailure();
    FailureOr<KnownTensors> known = KnownTensors::read(getOperation(), main);
    if (failed(known))
      return signalPassFailure();
    for (Operation *op : computingOps(main))
      if (auto product = dyn_cast<MatmulOp>(op);
          product && !filter.reasonAgainst(op))
        center(product, *known);
    known->record(getOperation(), main);
  }
};
} // namespace
