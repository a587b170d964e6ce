#ifndef QUANTIR_LIB_LOWER_ROWINPUT_H
#define QUANTIR_LIB_LOWER_ROWINPUT_H

#include "RowCode.h"

namespace quantir {

/// The rows that a row kernel reads several times, as lanes. Where getting
/// an element takes more than a load, or the kernel asks for it, its values are
/// kept in a buffer after the first time.
class RowInput {
public:
  /// \param group  how many rows are in work at a time.
  RowInput(KernelFunction &kernel, LaneEvaluator &evaluator,
           mlir::Value operand, int64_t columns, int64_t group, int64_t tiles,
           bool keepsOthers);

  /// Lanes of the operand's `row`, number `slot` of its group: computed, and
  /// kept when `again` will read them.
  mlir::Value first(int64_t slot, mlir::Value row, mlir::Value column,
                    int64_t valid, int64_t lanes = 0);
  /// \param lanes  how many; 0 for as many as a vector has.
  mlir::Value again(int64_t slot, mlir::Value row, mlir::Value column,
                    int64_t valid, int64_t lanes = 0);

  /// Other values of the kernel, one for each element of a row in work; they
  /// replace what `first` kept.
  void keep(int64_t slot, mlir::Value column, mlir::Value lanes);
  mlir::Value kept(int64_t slot, mlir::Value column, int64_t lanes = 0);

  mlir::LogicalResult status = mlir::success();

private:
  mlir::Value place(int64_t slot, mlir::Value column);

  KernelFunction &kernel;
  LaneEvaluator &evaluator;
  mlir::Value operand, buffer, base;
  mlir::Type lane; ///< f32, or i32 for codes
  int64_t pitch;
  bool computed;
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_ROWINPUT_H
