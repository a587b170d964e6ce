#ifndef QUANTIR_LIB_LOWER_ROWCODE_H
#define QUANTIR_LIB_LOWER_ROWCODE_H

#include "LaneEvaluator.h"

namespace quantir {

/// Walks rows of `columns` elements a vector at a time, several rows side by
/// side so that their sums do not wait for each other.
class RowCode {
public:
  /// Into how many partial values a row is folded; see `quantir.reduce`.
  static constexpr int64_t kPartials = 16;

  using Step = llvm::function_ref<mlir::Value(
      int64_t row, mlir::Value partial, mlir::Value column, int64_t valid)>;
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;

  /// \param low, high  what of the rows there is, known at run time: multiples
  ///                   of `kPartials`, or the end; null for all of it.
  RowCode(KernelFunction &kernel, int64_t columns, mlir::Value low = {},
          mlir::Value high = {});

  int64_t lanes() const { return vectorLanes; }

  /// Element i joins partial value i mod 16, which is `initial` at first, by
  /// `step`; then value l joins l + 8, l + 4, l + 2 and l + 1 by `combine`.
  /// Returns a vector of one lane for each of the rows. What `step` makes of
  /// lanes behind the row's end is dropped.
  llvm::SmallVector<mlir::Value> fold(int64_t rows, mlir::Value initial,
                                      Step step, Combine combine);

  /// Calls `visit` for each vector of a row, in order.
  void each(llvm::function_ref<void(mlir::Value column, int64_t valid)> visit);

  /// The same, with vectors of `bundle` registers as long as they last: long
  /// chains of operations then wait for each other less.
  void eachBundle(
      int64_t bundle,
      llvm::function_ref<void(mlir::Value column, int64_t lanes, int64_t valid)>
          visit);

private:
  mlir::Value combineAll(llvm::SmallVector<mlir::Value> partials,
                         Combine combine);

  KernelFunction &kernel;
  int64_t columns, vectorLanes;
  mlir::Value low, high;
};

/// Rows worked on side by side: enough to hide the latency of one row's chain
/// of additions, as long as their partial sums stay in registers.
int64_t rowGroup(const Lowering &lowering, int64_t rows);

/// How many lanes a vector has.
int64_t lanesOf(mlir::Value vector);

/// One lane out of those of `vector`, a power of two of them: lane l joins the
/// one half of them on, then a quarter, and so on.
mlir::Value foldLanes(mlir::ImplicitLocOpBuilder &b, mlir::Value vector,
                      RowCode::Combine combine);

/// Calls `emit` with `group` neighbouring rows of the tile's share at a time,
/// and with the rest one by one.
void eachRowGroup(KernelFunction &kernel, int64_t rows, int64_t tiles,
                  int64_t group,
                  llvm::function_ref<void(llvm::ArrayRef<mlir::Value>)> emit);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_ROWCODE_H
