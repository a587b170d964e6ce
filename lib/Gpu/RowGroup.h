#ifndef QUANTIR_LIB_GPU_ROWGROUP_H
#define QUANTIR_LIB_GPU_ROWGROUP_H

#include "LaneParts.h"

namespace quantir {

/// Memory of a workgroup for lanes of one kind, i64 ones in two halves.
class SharedLanes {
public:
  SharedLanes(GpuKernel &kernel, int64_t count, const GpuLanes &like);

  GpuLanes load(mlir::Value at); ///< one lane
  void store(const GpuLanes &one, mlir::Value at);

private:
  GpuKernel &kernel;
  mlir::Value bits, high;
};

/// A workgroup that works on whole rows, some invocations on each: which of
/// them does what, the rows' values that it keeps, and what it folds them to.
///
/// All invocations reach all barriers: behind the last row they work on it once
/// more, and store nothing.
class RowGroup {
public:
  static constexpr int64_t kThreads = 64;
  /// Into how many partial values f32 is folded; see `quantir.reduce`.
  static constexpr int64_t kPartials = 16;

  using Quad = llvm::function_ref<GpuLanes(mlir::Value column)>;
  using Step =
      llvm::function_ref<GpuLanes(const GpuLanes &all, mlir::Value column)>;
  using Transform =
      llvm::function_ref<GpuLanes(GpuBuilder &, const GpuLanes &)>;
  using Combine = llvm::function_ref<GpuLanes(GpuBuilder &, const GpuLanes &,
                                              const GpuLanes &)>;

  /// \param lane  what is kept of rows: f32, or i32 for codes.
  RowGroup(GpuKernel &kernel, int64_t rows, int64_t columns, mlir::Type lane);
  /// Rows of matrices, of which no workgroup has two.
  /// \param threads  of a row: 4, or more and a power of two.
  RowGroup(GpuKernel &kernel, int64_t matrices, int64_t rows, int64_t columns,
           mlir::Type lane, int64_t threads);

  mlir::Value row() { return ownRow; }
  mlir::Value matrix() { return ownMatrix; }
  /// Of the workgroup's first row, in its matrix, and how many rows it has
  /// unless the matrix ends.
  mlir::Value firstRow() { return first; }
  int64_t rowsAtOnce() const { return rowsOfGroup; }

  /// Calls `visit` for every quad of the row that is this invocation's.
  void each(llvm::function_ref<void(mlir::Value column)> visit);
  /// The same where the row exists, to store results.
  void finish(llvm::function_ref<void(mlir::Value column)> visit);

  /// Rows fit the workgroup's memory: what `keep` stores of an own quad, `kept`
  /// gives again; else `kept` is what `compute` gives.
  bool keeps() const { return bool(values); }
  void keep(mlir::Value column, const GpuLanes &lanes);
  GpuLanes kept(mlir::Value column, Quad compute);

  /// The memory of kept values, words, and where in it an element of the
  /// workgroup's row number `number` is.
  mlir::Value memory() { return values; }
  /// Four neighbouring words from `place` on.
  mlir::Value loadWords(mlir::Value place);
  void storeWords(mlir::Value quad, mlir::Value place);
  mlir::Value placeOf(mlir::Value number, mlir::Value column);
  /// The workgroup's number of the own row.
  mlir::Value ownNumber() { return slot; }

  /// Folds the row's quads by `step`, in any order; of several lanes and
  /// invocations by `combine`. Lanes behind the row's end hold anything. One
  /// lane, in all invocations.
  /// \param initial  one lane
  GpuLanes fold(const GpuLanes &initial, Step step, Combine combine);

  /// Folds `transform` of the row's elements, what is kept of them or
  /// `compute`, in the order of `quantir.reduce` on f32. One lane, in all
  /// invocations.
  GpuLanes foldInOrder(float initial, Quad compute, Transform transform,
                       Combine combine);

  /// `lanes` within the row, `other` (four lanes) behind its end.
  GpuLanes within(const GpuLanes &lanes, mlir::Value column,
                  const GpuLanes &other);

  /// Calls `visit` in one invocation of each row that exists.
  void once(llvm::function_ref<void()> visit);

  DispatchOp dispatch() { return kernel.dispatch({groups, 1, 1}); }

private:
  mlir::Value keptPlace(mlir::Value column) { return placeOf(slot, column); }
  GpuLanes asKept(mlir::Value word);
  GpuLanes foldThreads(const GpuLanes &own, Combine combine);
  GpuLanes partialsOfQuads(float initial, Quad compute, Transform transform,
                           Combine combine);
  GpuLanes partialOfLane(float initial, Transform transform, Combine combine);

  GpuKernel &kernel;
  int64_t columns;
  int64_t threads; ///< of a row
  int64_t rowsOfGroup;
  int64_t groups;
  mlir::Type lane;
  mlir::Value thread, slot, ownMatrix, first;
  mlir::Value ownRow, exists; ///< no `exists`: all rows do
  mlir::Value values;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_ROWGROUP_H
