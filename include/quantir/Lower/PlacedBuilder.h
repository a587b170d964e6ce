#ifndef QUANTIR_LOWER_PLACEDBUILDER_H
#define QUANTIR_LOWER_PLACEDBUILDER_H

#include "quantir/Lower/ArithBuilder.h"

namespace quantir {

/// An `ArithBuilder` for lanes at one place of a kernel's elements, which
/// `Evaluator` can load channels for.
template <class Lanes, class Evaluator, class Position>
class PlacedBuilder : public ArithBuilder<Lanes> {
public:
  using ArithBuilder<Lanes>::ArithBuilder;

  Lanes perChannel(llvm::ArrayRef<float> values, std::optional<int64_t> axis) {
    return !axis || llvm::all_equal(values)
               ? this->f32(values[0])
               : channels(values, this->b.getF32Type(), *axis);
  }
  Lanes perChannelI32(llvm::ArrayRef<int32_t> values,
                      std::optional<int64_t> axis) {
    return !axis || llvm::all_equal(values)
               ? this->i32(values[0])
               : channels(values, this->b.getI32Type(), *axis);
  }

  /// What channels and tables of `op` refer to.
  void setPlace(Evaluator *evaluator, mlir::Operation *op,
                const Position *position) {
    this->evaluator = evaluator;
    this->op = op;
    this->position = position;
  }

protected:
  Evaluator *evaluator = nullptr;
  mlir::Operation *op = nullptr;
  const Position *position = nullptr;

private:
  template <class T>
  Lanes channels(llvm::ArrayRef<T> values, mlir::Type element, int64_t axis) {
    auto type = mlir::RankedTensorType::get({int64_t(values.size())}, element);
    return evaluator->loadChannels(mlir::DenseElementsAttr::get(type, values),
                                   axis, *position);
  }
};

} // namespace quantir

#endif // QUANTIR_LOWER_PLACEDBUILDER_H
