#ifndef QUANTIR_LOWER_INDEXCODE_H
#define QUANTIR_LOWER_INDEXCODE_H

#include "Quantir/StridedView.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace quantir {

/// Index arithmetic and loops of a kernel's body, folded where numbers are
/// known.
class IndexCode {
public:
  explicit IndexCode(mlir::Location location)
      : body(location, location.getContext()) {}

  mlir::ImplicitLocOpBuilder &builder() { return body; }

  mlir::Value index(int64_t value);
  mlir::Value add(mlir::Value a, mlir::Value b);
  mlir::Value add(mlir::Value a, int64_t b);
  mlir::Value mul(mlir::Value a, int64_t b);
  mlir::Value min(mlir::Value a, mlir::Value b);
  mlir::Value max(mlir::Value a, mlir::Value b);
  mlir::Value div(mlir::Value a, int64_t b); ///< a is not negative
  mlir::Value rem(mlir::Value a, int64_t b); ///< a is not negative

  /// The offset of number `number` of what `runs` count.
  mlir::Value offsetAlong(mlir::Value number,
                          llvm::ArrayRef<StridedView::Run> runs);

  /// for (i = low; i < high; i += step) body(i); a loop of one turn or none
  /// known at compile time becomes straight code.
  void loop(mlir::Value low, mlir::Value high, int64_t step,
            llvm::function_ref<void(mlir::Value)> emit);
  void loop(int64_t count, llvm::function_ref<void(mlir::Value)> emit);

  /// The same with loop-carried values.
  llvm::SmallVector<mlir::Value>
  loop(mlir::Value low, mlir::Value high, int64_t step,
       mlir::ValueRange initial,
       llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::Value,
                                                         mlir::ValueRange)>
           emit);

protected:
  mlir::ImplicitLocOpBuilder body;
};

} // namespace quantir

#endif // QUANTIR_LOWER_INDEXCODE_H
