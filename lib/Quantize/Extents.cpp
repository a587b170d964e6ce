#include "quantir/Quantize/Extents.h"

#include "NamedEntries.h"
#include "Plan.h"
#include "quantir/Quantize/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_NOTEEXTENTSPASS
#include "quantir/Quantize/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static constexpr StringLiteral extentsName = "quantir.extents";
static constexpr StringLiteral extentName = "quantir.extent";

quant::QuantizedType quantir::wideCodes(MLIRContext *context, Extent extent) {
  double most = std::max(std::fabs(extent.low), std::fabs(extent.high));
  auto scale = float(most * 2 / 32767);
  if (!(scale >= std::numeric_limits<float>::min()))
    scale = 1.0f / 32768;
  return getSymmetricType(context, 16, {std::isfinite(scale) ? scale : 1e34f},
                          std::nullopt);
}

static Attribute toAttribute(MLIRContext *context, Extent extent) {
  return DenseF64ArrayAttr::get(context, {extent.low, extent.high});
}

static std::optional<Extent> fromAttribute(Attribute attribute) {
  auto range = readFiniteRange(attribute);
  return range ? std::optional(Extent{range->first, range->second})
               : std::nullopt;
}

void quantir::setExtents(ModuleOp module, const Extents &extents) {
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, extent] : extents)
    entries.emplace_back(StringAttr::get(module.getContext(), name),
                         toAttribute(module.getContext(), extent));
  module->setAttr(extentsName,
                  DictionaryAttr::get(module.getContext(), entries));
}

FailureOr<Extents> quantir::getExtents(ModuleOp module) {
  Extents extents;
  if (failed(readNamedEntries<Extent>(module, extentsName, kFiniteRangeForm,
                                      fromAttribute, extents)))
    return failure();
  return extents;
}

std::optional<Extent> quantir::extentOf(Value value) {
  if (Operation *op = value.getDefiningOp())
    return fromAttribute(op->getAttr(extentName));
  auto argument = cast<BlockArgument>(value);
  auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp());
  if (!func)
    return std::nullopt;
  return fromAttribute(func.getArgAttr(argument.getArgNumber(), extentName));
}

void quantir::setExtent(Value value, Extent extent) {
  Attribute attribute = toAttribute(value.getContext(), extent);
  if (Operation *op = value.getDefiningOp()) {
    op->setAttr(extentName, attribute);
    return;
  }
  auto argument = cast<BlockArgument>(value);
  if (auto func = dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp()))
    func.setArgAttr(argument.getArgNumber(), extentName, attribute);
}

void quantir::moveExtent(Value from, Value to) {
  std::optional<Extent> extent = extentOf(from);
  if (!extent)
    return;
  if (Operation *op = from.getDefiningOp())
    op->removeAttr(extentName);
  setExtent(to, *extent);
}

void quantir::removeExtents(ModuleOp module) {
  module->removeAttr(extentsName);
  module.walk([](Operation *op) {
    op->removeAttr(extentName);
    if (auto func = dyn_cast<func::FuncOp>(op))
      for (unsigned i = 0; i < func.getNumArguments(); ++i)
        func.removeArgAttr(i, extentName);
  });
}

namespace {
struct NoteExtents : quantir::impl::NoteExtentsPassBase<NoteExtents> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    FailureOr<Extents> extents = getExtents(func->getParentOfType<ModuleOp>());
    if (failed(extents))
      return signalPassFailure();
    for (const ObservedValue &observed :
         observedValues(func, /*everything=*/true))
      if (auto found = extents->find(observed.name); found != extents->end())
        setExtent(observed.value, found->second);
  }
};
} // namespace
