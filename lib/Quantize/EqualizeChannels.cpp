#include "ChannelFactors.h"
#include "KnownTensors.h"
#include "NodeFilter.h"
#include "Plan.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Quantize/Constants.h"
#include "quantir/Quantize/Extents.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_EQUALIZECHANNELSPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

//===-- Where the factors go ----------------------------------------------===//

/// True when `value` is an accumulator that only clamps separate from codes:
/// a multiplication in between would keep it in floating point.
static bool isHandedOverAsCodes(Value value) {
  while (auto *op = value.getDefiningOp()) {
    if (!isa<ReluOp, ClipOp>(op)) {
      auto computing = dyn_cast<QuantizationInterface>(op);
      return computing &&
             computing.getQuantizationRole() == QuantizationRole::computes;
    }
    value = op->getOperand(0);
  }
  return false;
}

/// The op with weights that yields `value`, through clamps at zero, which
/// commute with positive factors, when nothing else reads what comes between.
static Operation *weightsBehind(Value value) {
  while (auto relu = value.getDefiningOp<ReluOp>()) {
    value = relu.getInput();
    if (!value.hasOneUse())
      return nullptr;
  }
  Operation *op = value.getDefiningOp();
  if (!op || !isa<ConvOp, MatmulOp>(op) || reasonToStayFloat(op) ||
      !cast<QuantizationInterface>(op).getWeightOperand())
    return nullptr;
  return op;
}

/// Multiplies `value` where it is made; false when that cannot be.
static bool foldIntoProducer(Value value, ArrayRef<double> factors) {
  if (Operation *op = weightsBehind(value))
    return scaleOutputs(op, factors);
  Operation *norm = value.getDefiningOp();
  if (isa_and_present<LayerNormOp, RmsNormOp>(norm))
    return scaleOutputs(norm, factors);
  return false;
}

/// Multiplies what `readers` read of `value`; returns what they read then.
static Value multiply(Value value, ArrayRef<Operation *> readers,
                      ArrayRef<double> factors) {
  OpBuilder builder(value.getContext());
  builder.setInsertionPointAfterValue(value);
  Value vector = floatConstant(builder, value.getLoc(),
                               {int64_t(factors.size())}, factors);
  Value scaled =
      MulOp::create(builder, value.getLoc(), value.getType(), value, vector);
  for (Operation *reader : readers)
    reader->replaceUsesOfWith(value, scaled);
  return scaled;
}

static bool isComputedInFloat(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isa<ElementwiseInterface, LayerNormOp, RmsNormOp>(op) &&
         !isHandedOverAsCodes(value);
}

//===-- The pass ----------------------------------------------------------===//

namespace {
class Equalizer {
public:
  Equalizer(ModuleOp module, func::FuncOp func, NodeFilter &filter)
      : module(module), func(func), filter(filter) {}

  LogicalResult run() {
    FailureOr<KnownTensors> read = KnownTensors::read(module, func);
    if (failed(read))
      return failure();
    known = std::move(*read);
    for (const ObservedValue &entry : observedValues(func))
      equalize(entry.value);
    known.record(module, func);
    return success();
  }

private:
  /// The ops on codes that read `value`, when each is of the same kind and has
  /// weights that can take the factors up.
  SmallVector<Operation *> readersOf(Value value) {
    SmallVector<Operation *> readers;
    for (Operation *user : value.getUsers()) {
      auto computing = dyn_cast<QuantizationInterface>(user);
      if (!computing ||
          computing.getQuantizationRole() != QuantizationRole::computes)
        continue;
      if (filter.reasonAgainst(user) || reasonToStayFloat(user) ||
          !takesFactors(user) ||
          (!readers.empty() && user->getName() != readers[0]->getName()))
        return {};
      if (!llvm::is_contained(readers, user))
        readers.push_back(user);
    }
    return readers;
  }

  void equalize(Value value) {
    // A copy: new values may move what is known.
    std::optional<ActivationChannels> channels = known.of[value].channels;
    SmallVector<Operation *> readers = readersOf(value);
    if (!channels || channels->isSensitive() || readers.empty())
      return;
    std::optional<SmallVector<double>> factors =
        chooseFactors(readers, *channels);
    if (!factors)
      return;
    bool onlyTheirs = llvm::all_of(value.getUsers(), [&](Operation *user) {
      return llvm::is_contained(readers, user);
    });
    Value scaled = value;
    if (!onlyTheirs || !foldIntoProducer(value, *factors)) {
      if (!isComputedInFloat(value))
        return;
      scaled = multiply(value, readers, *factors);
    }
    for (Operation *reader : readers)
      divideInputs(reader, *factors);
    known.of[scaled] = scaledBy(*factors, *channels);
    updateExtents(value, scaled, *known.of[scaled].channels, *factors);
    remark::passed(value.getLoc(), remark::RemarkOpts::name("ChannelsEqualized")
                                       .category("quantir-equalize-channels"))
        << remark::add("channels multiplied by {0} to {1}",
                       *llvm::min_element(*factors),
                       *llvm::max_element(*factors));
  }

  static KnownTensor scaledBy(ArrayRef<double> factors,
                              ActivationChannels channels) {
    double low = 0, high = 0;
    for (auto [i, factor] : llvm::enumerate(factors)) {
      for (float *value :
           {&channels.low[i], &channels.high[i], &channels.mean[i]})
        *value = float(*value * factor);
      low = std::min<double>(low, channels.low[i]);
      high = std::max<double>(high, channels.high[i]);
    }
    return {scaleOfRange(low, high), std::move(channels)};
  }

  /// What calibration saw of `value` holds for `scaled` no more, nor for what
  /// lies between it and the weights that took the factors up.
  static void updateExtents(Value value, Value scaled,
                            const ActivationChannels &channels,
                            ArrayRef<double> factors) {
    if (!extentOf(value))
      return;
    setExtent(scaled, {*llvm::min_element(channels.low),
                       *llvm::max_element(channels.high)});
    if (scaled != value)
      return;
    double most = *llvm::max_element(factors);
    while (auto relu = value.getDefiningOp<ReluOp>()) {
      value = relu.getInput();
      if (std::optional<Extent> extent = extentOf(value))
        setExtent(value, {extent->low * most, extent->high * most});
    }
  }

  ModuleOp module;
  func::FuncOp func;
  NodeFilter &filter;
  KnownTensors known;
};

struct EqualizeChannels
    : quantir::impl::EqualizeChannelsPassBase<EqualizeChannels> {
  using EqualizeChannelsPassBase::EqualizeChannelsPassBase;

  void runOnOperation() override {
    auto main = getOperation().lookupSymbol<func::FuncOp>("main");
    NodeFilter filter;
    if (!main || !getOperation()->hasAttr("quantir.channels"))
      return;
    if (failed(filter.compile(ignore, only, main)) ||
        failed(Equalizer(getOperation(), main, filter).run()))
      signalPassFailure();
  }
};
} // namespace
