#ifndef QUANTIR_LIB_LOWER_LANEEVALUATOR_H
#define QUANTIR_LIB_LOWER_LANEEVALUATOR_H

#include "KernelFunction.h"
#include "quantir/Lower/BroadcastShape.h"

namespace quantir {

/// A vector's place in a result: `lanes` neighbours of one row, of which the
/// first `valid` exist.
struct LanePosition {
  mlir::Value row;    ///< linear index over all dimensions but the last
  mlir::Value column; ///< index of the first lane in the last dimension
  int64_t lanes;
  int64_t valid;
};

/// Computes the elementwise part of a kernel a vector at a time: loads operands
/// with numpy's broadcasting, evaluates the ops, stores what the kernel yields.
///
/// Lanes are vectors of f32, i64, i1, or i32, which also stands for i8, ui8 and
/// codes. All elementwise ops of a kernel share one result shape.
class LaneEvaluator {
public:
  using Lanes = llvm::DenseMap<mlir::Value, mlir::Value>;

  /// \param shape  the shape of the elementwise results.
  LaneEvaluator(KernelFunction &kernel, KernelOp op,
                llvm::ArrayRef<int64_t> shape);

  /// For kernels without an anchor: merges neighbouring dimensions that no
  /// operand tells apart, so that there are fewer, longer rows.
  void mergeDimensions() { shape.mergeDimensions(op); }

  int64_t rows() const { return shape.rows(); }
  int64_t columns() const { return shape.columns(); }

  /// Evaluates every op of the body that is not known yet, the anchor being
  /// known, and stores the yielded values.
  mlir::LogicalResult finish(Lanes known, const LanePosition &position);

  /// Evaluates `value` from what is known, the body's arguments and constants:
  /// the prologue of an anchor, or what lies between two.
  mlir::FailureOr<mlir::Value> compute(mlir::Value value,
                                       const LanePosition &position,
                                       Lanes known = Lanes());

  /// One operand's lanes.
  mlir::Value load(mlir::Value operand, const LanePosition &position);

  /// The same of a tensor of the result's shape that is no constant, as it lies
  /// in memory.
  mlir::Value loadStored(mlir::Value operand, const LanePosition &position);

  /// `values[index along axis]` of each lane; `axis` is one of the unmerged
  /// dimensions.
  mlir::Value loadChannels(mlir::DenseElementsAttr values, int64_t axis,
                           const LanePosition &position);

  /// The buffer behind a value of the body, as this kernel sees it.
  mlir::Value bufferOf(mlir::Value value);

  /// About how many instructions one vector of the elementwise part takes.
  int64_t cost();
  /// The same on this processor: what emitting it once more adds to the code.
  int64_t instructions();

private:
  mlir::Value offsetOf(llvm::ArrayRef<int64_t> merged,
                       const LanePosition &position);
  /// Lanes of a tensor, or its one element of the row in all of them.
  mlir::Value loadMerged(mlir::Value buffer, mlir::Type element,
                         llvm::ArrayRef<int64_t> merged,
                         const LanePosition &position, bool slack);
  mlir::FailureOr<mlir::Value> evaluate(mlir::Operation *op, Lanes &known,
                                        const LanePosition &position);

  KernelFunction &kernel;
  KernelOp op;
  BroadcastShape shape;
};

/// The row of a buffer with a frame that is row `row` of the tensor in it.
mlir::Value rowWithin(KernelFunction &kernel, const Margin &margin,
                      mlir::Value row);

/// `lanes` elements at `offset` of a buffer whose elements are `element`,
/// widened as lanes are; only the first `valid` are read when nothing may be
/// read behind them.
mlir::Value loadLanes(KernelFunction &kernel, mlir::Value buffer,
                      mlir::Type element, mlir::Value offset, int64_t lanes,
                      int64_t valid, bool slack);

/// A vector of `lanes` lanes, each the first of `value`.
mlir::Value splatLane(KernelFunction &kernel, mlir::Value value, int64_t lanes);

/// `lanes` elements of storage at `offset`; those from `valid` on are zero, or
/// anything with `slack`.
mlir::Value loadStorage(KernelFunction &kernel, mlir::Value buffer,
                        mlir::VectorType type, mlir::Value offset,
                        int64_t valid, bool slack);

/// Stores the first `valid` elements of `stored`.
void storeStorage(KernelFunction &kernel, mlir::Value stored,
                  mlir::Value buffer, mlir::Value offset, int64_t valid);

/// Lanes narrowed to `element`'s storage.
mlir::Value asStored(KernelFunction &kernel, mlir::Value lanes,
                     mlir::Type element);

/// Narrows lanes to `element`'s storage and stores the first `valid`.
void storeLanes(KernelFunction &kernel, mlir::Value lanes, mlir::Value buffer,
                mlir::Type element, mlir::Value offset, int64_t valid);

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_LANEEVALUATOR_H
