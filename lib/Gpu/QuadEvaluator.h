#ifndef QUANTIR_LIB_GPU_QUADEVALUATOR_H
#define QUANTIR_LIB_GPU_QUADEVALUATOR_H

#include "GpuBuilder.h"
#include "quantir/Lower/BroadcastShape.h"

namespace quantir {

/// A quad's place in a result: four neighbours of one row, of which those
/// within the row exist.
struct QuadPosition {
  mlir::Value row;    ///< linear index over all dimensions but the last
  mlir::Value column; ///< of the first lane, a multiple of 4
};

/// Computes the elementwise part of a kernel four neighbours at a time: loads
/// operands with numpy's broadcasting, evaluates the ops, stores what the
/// kernel yields. The twin of lib/Lower's LaneEvaluator.
class QuadEvaluator {
public:
  using Lanes = llvm::DenseMap<mlir::Value, GpuLanes>;

  /// \param shape  the shape of the elementwise results.
  QuadEvaluator(GpuKernel &kernel, KernelOp op, llvm::ArrayRef<int64_t> shape);

  /// For kernels without an anchor: fewer, longer rows, where layouts allow.
  void mergeDimensions();

  int64_t rows() const { return shape.rows(); }
  int64_t columns() const { return shape.columns(); }
  int64_t quadsOfRow() const { return (columns() + 3) / 4; }

  /// Quad number `quad` of the result.
  QuadPosition positionOf(mlir::Value quad);

  /// Evaluates every op of the body that is not known yet, the anchor being
  /// known, and stores the yielded values.
  mlir::LogicalResult finish(Lanes known, const QuadPosition &position);

  /// Evaluates `value` from what is known, the body's arguments and constants:
  /// the prologue of an anchor.
  mlir::FailureOr<GpuLanes> compute(mlir::Value value,
                                    const QuadPosition &position,
                                    Lanes known = Lanes());

  /// One operand's lanes; what one beyond the row holds means nothing.
  GpuLanes load(mlir::Value operand, const QuadPosition &position);

  /// `values[index along axis]` of each lane, i32 or f32 by their type; `axis`
  /// is one of the unmerged dimensions.
  GpuLanes loadChannels(mlir::DenseElementsAttr values, int64_t axis,
                        const QuadPosition &position);

  /// The binding of a value of the body: words, or vectors of `width` 4.
  mlir::Value bindingOf(mlir::Value value, int64_t width = 1);

private:
  mlir::FailureOr<GpuLanes> valueOf(mlir::Value value, Lanes &known,
                                    const QuadPosition &position);
  mlir::FailureOr<GpuLanes> evaluate(mlir::Operation *op, Lanes &known,
                                     const QuadPosition &position);

  GpuKernel &kernel;
  KernelOp op;
  BroadcastShape shape;
};

/// Element `at` (counted along the row that begins at word `rowWord`) of a
/// binding in the layout of `element`, widened as lanes are: one lane.
GpuLanes loadElement(GpuKernel &kernel, mlir::Value binding, mlir::Type element,
                     mlir::Value rowWord, mlir::Value at);

/// Four single lanes as one quad.
GpuLanes joinLanes(GpuKernel &kernel, llvm::ArrayRef<GpuLanes> lanes);

/// Words of a binding through which quads of rows of `columns` elements of
/// `bits` bits are best read and written.
int64_t quadWidth(int64_t columns, int64_t bits);

/// Four neighbours from column `column`, a multiple of 4, of a row of `columns`
/// elements; what lanes beyond it hold means nothing. The binding's width may
/// be 4 where `quadWidth` says so.
GpuLanes loadQuad(GpuKernel &kernel, mlir::Value binding, mlir::Type element,
                  mlir::Value rowWord, mlir::Value column, int64_t columns);

/// The words that hold these four where elements are narrower than a word, and
/// the lanes of such words.
llvm::SmallVector<mlir::Value>
loadQuadWords(GpuKernel &kernel, mlir::Value binding, mlir::Type element,
              mlir::Value rowWord, mlir::Value column, int64_t columns);
GpuLanes widenQuad(GpuKernel &kernel, llvm::ArrayRef<mlir::Value> words,
                   mlir::Type element);

/// Lanes of codes as one word of bytes.
mlir::Value packBytes(GpuKernel &kernel, const GpuLanes &lanes);

/// Stores four lanes there (a binding as above), narrowed to `element`; nothing
/// beyond the row but its gap.
void storeQuad(GpuKernel &kernel, GpuLanes lanes, mlir::Value binding,
               mlir::Type element, mlir::Value rowWord, mlir::Value column,
               int64_t columns);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_QUADEVALUATOR_H
