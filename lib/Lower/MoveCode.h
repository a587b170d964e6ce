#ifndef QUANTIR_LIB_LOWER_MOVECODE_H
#define QUANTIR_LIB_LOWER_MOVECODE_H

#include "Kernels.h"
#include "quantir/Lower/Movement.h"

namespace quantir {

/// True when the kernel does nothing but its anchor.
bool isPlain(KernelOp kernel);

/// An element's place in the source; `inside` is null when it always is.
struct Place {
  mlir::Value offset, inside = {};
};

/// The code of one movement: as copies of runs, as square blocks, as planes
/// that are woven together, or a vector at a time.
class MoveCode {
public:
  MoveCode(Lowering &lowering, KernelOp kernelOp, Movement &movement)
      : op(kernelOp), move(movement), plain(isPlain(kernelOp)),
        kernel(lowering, kernelOp.getLoc(), kind(movement.op)),
        result(mlir::cast<mlir::RankedTensorType>(
            movement.op->getResult(0).getType())),
        from(mlir::cast<mlir::RankedTensorType>(movement.source.getType())),
        evaluator(kernel, kernelOp, result.getShape()),
        prologue(kernel, kernelOp, from.getShape()),
        lanes(lowering.lanesFor(evaluator.columns())) {}

  mlir::LogicalResult emit() {
    if (plain)
      move.mergeDims();
    // Rows that are not the result's may end anywhere in one of them.
    else if (move.dims.back().size != evaluator.columns())
      lanes = 1;
    if (plain && !isScattered())
      emitRuns();
    else if (plain && findNeighbours())
      emitBlocks();
    else if (isWoven())
      emitWoven();
    else
      emitLanes();
    return status;
  }

private:
  static llvm::StringRef kind(mlir::Operation *op) {
    return op->getName().stripDialect();
  }

  bool isScattered() const {
    return !move.dims.back().isRegular() || move.dims.back().stride != 1;
  }
  Place placeOf(const Movement::Dim &dim, mlir::Value index);
  Place placeOfRow(mlir::Value row);
  static Place both(KernelFunction &kernel, Place a, Place b);

  bool findNeighbours();
  bool isWoven();
  void emitRuns();
  void emitBlocks();
  void emitWoven();
  void emitLanes();
  mlir::Value loadRun(Place place, int64_t count, int64_t valid);
  mlir::Value filled(mlir::Value value, mlir::Value inside);
  mlir::Value fillLanes(int64_t count);
  void store(mlir::Value value, mlir::Value row, mlir::Value column,
             int64_t valid);

  KernelOp op;
  Movement &move;
  bool plain;
  KernelFunction kernel;
  mlir::RankedTensorType result, from;
  LaneEvaluator evaluator, prologue;
  int64_t lanes;
  /// Vectors of a square block, and their elements; or those of a plane's
  /// vector.
  int64_t side = 0;
  /// The dimension, not the last, whose elements are neighbours in the source.
  size_t neighbours = 0;
  mlir::LogicalResult status = mlir::success();
};

} // namespace quantir

#endif // QUANTIR_LIB_LOWER_MOVECODE_H
