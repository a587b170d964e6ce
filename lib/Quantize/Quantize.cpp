#include "CodesOfOp.h"
#include "NeverSlower.h"
#include "NodeFilter.h"
#include "Plan.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Quantize/Remarks.h"

namespace quantir {
#define GEN_PASS_DEF_QUANTIZEPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static void remarkBound(Operation *op, int64_t bound) {
  remark::analysis(
      op->getLoc(),
      remark::RemarkOpts::name("AccumulatorBound").category(kQuantizeCategory))
      << remark::add("no accumulator of {0} exceeds {1} of 2147483647",
                     op->getName().getStringRef(), bound);
}

namespace {
struct Quantize : quantir::impl::QuantizePassBase<Quantize> {
  using QuantizePassBase::QuantizePassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    auto module = func->getParentOfType<ModuleOp>();
    NodeFilter filter;
    if (failed(filter.compile(ignore, only, func)))
      return signalPassFailure();
    if (failed(readTarget()))
      return signalPassFailure();
    FailureOr<ActivationScales> scales = getActivationScales(module);
    if (failed(scales))
      return signalPassFailure();
    FailureOr<ChannelsByName> channels = getActivationChannels(module);
    if (failed(channels))
      return signalPassFailure();
    CalibratedValues known;
    known.divisionWaits = !keepDivision;
    if (wideActivations)
      known.wide = WideActivations::All;
    else if (widenSensitive)
      known.wide = WideActivations::WhereNeeded;
    for (const ObservedValue &observed : observedValues(func)) {
      if (auto found = scales->find(observed.name); found != scales->end())
        known.scales.try_emplace(originOf(observed.value), found->second);
      if (auto found = channels->find(observed.name); found != channels->end())
        known.channels.try_emplace(observed.value, found->second);
    }
    for (Operation *op : computingOps(func)) {
      std::optional<std::string> reason = filter.reasonAgainst(op);
      if (!reason)
        reason = reasonToStayFloat(op);
      if (!reason && rule)
        reason = rule->reasonAgainst(op);
      if (!reason)
        reason = quantizeOp(op, known);
      if (!reason)
        op->erase();
      else if (moreFollows)
        noteStaysFloat(op, *reason);
      else
        remarkStaysFloat(op, *reason);
    }
    func.walk([](ObserveOp observe) { observe.erase(); });
    func->removeAttr("quantir.observed");
    func->removeAttr("quantir.activations");
  }

  /// What the never-slower rule asks about.
  LogicalResult readTarget() {
    if (neverSlower <= 0)
      return success();
    llvm::Expected<TargetSpec> target =
        TargetSpec::resolve(triple, cpu, features, 2);
    if (!target)
      return getOperation().emitError(llvm::toString(target.takeError()));
    if (tuning.empty()) {
      rule.emplace(*target, nullptr, neverSlower);
      return success();
    }
    llvm::Expected<Tuning> read = Tuning::load(tuning);
    if (!read)
      return getOperation().emitError(llvm::toString(read.takeError()));
    times = std::make_shared<Tuning>(std::move(*read));
    rule.emplace(*target, times->find(*target), neverSlower);
    return success();
  }

  std::shared_ptr<const Tuning> times;
  std::optional<NeverSlower> rule;

  /// Replaces the uses of `op` by its form on codes, or says why not. What was
  /// known of its result is known of what replaces it.
  static std::optional<std::string> quantizeOp(Operation *op,
                                               CalibratedValues &known) {
    CodesOfOp codes(op);
    if (auto reason = codes.chooseActivations(known))
      return reason;
    if (auto reason = codes.chooseWeights(known))
      return reason;
    if (auto reason = codes.proveAccumulator())
      return reason;
    OpBuilder builder(op);
    Value before = op->getResult(0), after = codes.build(builder);
    move(known.scales, before, after);
    move(known.channels, before, after);
    before.replaceAllUsesWith(after);
    remarkBound(op, codes.largestAccumulator());
    remarkQuantized(op, codes.describe());
    return std::nullopt;
  }

  /// Another value may come to lie at the address of `before`.
  template <typename Map>
  static void move(Map &map, Value before, Value after) {
    if (auto found = map.find(before); found != map.end()) {
      auto known = std::move(found->second);
      map.erase(found);
      map[after] = std::move(known);
    }
  }
};
} // namespace
