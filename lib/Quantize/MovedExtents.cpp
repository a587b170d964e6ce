#include "MovedExtents.h"

#include "quantir/Quantize/WeightCodes.h"

using namespace mlir;
using namespace quantir;

/// What calibration saw of `value`, or the finite numbers of a constant.
static std::optional<Extent> seen(Value value) {
  std::optional<FloatElements> data = constantFloats(value);
  if (!data)
    return extentOf(value);
  Extent extent{0, 0};
  for (size_t i = 0; i < data->size(); ++i)
    if (std::isfinite((*data)[i]))
      extent = {std::min<double>(extent.low, (*data)[i]),
                std::max<double>(extent.high, (*data)[i])};
  return extent;
}

/// What `user` makes of `scores`; nothing for ops other than those that keep
/// the differences in a row.
static std::optional<Extent> extentAfter(Operation *user, Value value,
                                         Extent scores) {
  Value other = user->getOperand(user->getOperand(0) == value ? 1 : 0);
  if (isa<MulOp, DivOp>(user)) {
    std::optional<FloatElements> number = constantFloats(other);
    if (!number || number->size() == 0)
      return std::nullopt;
    double factor = std::fabs(double((*number)[0]));
    if (isa<DivOp>(user))
      factor = 1 / factor;
    return Extent{scores.low * factor, scores.high * factor};
  }
  if (isa<SelectOp>(user)) { // what is not selected hides
    std::optional<Extent> before = extentOf(user->getResult(0));
    if (!before)
      return std::nullopt;
    return Extent{std::min(before->low, scores.low), scores.high};
  }
  std::optional<Extent> added = seen(other);
  if (!added)
    return std::nullopt;
  if (isa<AddOp>(user))
    return Extent{scores.low + added->low, scores.high + added->high};
  if (isa<SubOp>(user))
    return Extent{scores.low - added->high, scores.high - added->low};
  return std::nullopt;
}

std::optional<MovedExtents> quantir::extentsOfShiftedScores(MatmulOp product) {
  MovedExtents moved;
  Value value = product.getResult();
  std::optional<Extent> extent = extentOf(value);
  if (!extent)
    return moved;
  double width = extent->high - extent->low;
  extent = Extent{-width, width};
  for (;;) {
    moved.push_back({value, *extent});
    Operation *user = *value.user_begin();
    if (isa<SoftmaxOp>(user))
      return moved;
    extent = extentAfter(user, value, *extent);
    if (!extent || !std::isfinite(extent->low) || !std::isfinite(extent->high))
      return std::nullopt;
    value = user->getResult(0);
  }
}

void quantir::setExtentOfKeys(Value keys, Value first, Extent extent) {
  for (Value value = keys;; value = value.getDefiningOp()->getOperand(0)) {
    if (extentOf(value) || value == first)
      setExtent(value, extent);
    if (value == first)
      return;
  }
}
