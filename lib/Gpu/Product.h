#ifndef QUANTIR_LIB_GPU_PRODUCT_H
#define QUANTIR_LIB_GPU_PRODUCT_H

#include "GpuKernels.h"
#include "quantir/Lower/PackedOrder.h"

namespace quantir {

/// A convolution or matrix product in one shape: `matrices` results of
/// `rows` x `columns`. A row is a pixel's or a matrix row's; each element is a
/// sum over the taps of a window (one for matrices) and over the `depth`
/// neighbours of a row of the left operand that each tap meets.
struct ProductSource {
  ProductSource(GpuLowering &lowering, KernelOp kernel, ConvOp conv);
  ProductSource(GpuLowering &lowering, KernelOp kernel, MatmulOp matmul);

  mlir::Operation *op;
  KernelOp kernel;
  mlir::Value left, right, bias;   ///< of the body; the bias may be null
  ConvOp conv;                     ///< null for a matrix product
  mlir::DenseElementsAttr weights; ///< constant right operand, or null
  /// Whether the right operand has the sum's elements in rows, not the columns.
  bool rightIsTransposed;

  int64_t matrices = 1, rows, columns;
  int64_t groups = 1; ///< each of as many columns, next to one another
  int64_t height = 1, width = 1; ///< taps
  int64_t depth;
  int64_t rights = 1; ///< matrices of the right operand

  int64_t taps() const { return height * width; }
  int64_t terms() const { return taps() * depth; }
  int64_t columnsOfGroup() const { return columns / groups; }
  mlir::Location location() const { return KernelOp(kernel).getLoc(); }
  bool isOfCodes() const;
  /// Whether every filter sees one channel, its own.
  bool isDepthwise() const;
  bool hasPads() const;
  mlir::Type leftCodes() const {
    return mlir::getElementTypeOrSelf(left.getType());
  }
  int64_t zeroPoint() const; ///< of the left operand's codes
  /// Which element of `weights` that is; `k` counts taps, then depth.
  int64_t weightIndex(int64_t right, int64_t column, int64_t k) const {
    return right * columns * terms() + column * strideOfColumns() +
           k * strideOfTerms();
  }
  int64_t strideOfColumns() const { return rightIsTransposed ? terms() : 1; }
  int64_t strideOfTerms() const { return rightIsTransposed ? 1 : columns; }

  /// The first of the left operand's channels that a column's group sees.
  mlir::Value firstChannel(GpuKernel &code, mlir::Value column) const;
  /// The matrices of the left and of the right operand that matrix number
  /// `matrix` of the result is the product of.
  mlir::Value leftMatrix(GpuKernel &code, mlir::Value matrix) const;
  mlir::Value rightMatrix(GpuKernel &code, mlir::Value matrix) const;
};

/// The columns, rounded up to quads.
inline int64_t roundedToQuads(const ProductSource &source) {
  return llvm::alignTo(source.columns, 4);
}

/// A buffer of main with these words, which hold the constant right operand in
/// `order` as elements of `width` bytes, and say so.
mlir::Value packedBuffer(GpuLowering &lowering, const ProductSource &source,
                         const PackedOrder &order,
                         llvm::ArrayRef<int32_t> words, int64_t width);
/// The same with elements as they are, `count` words of them.
mlir::Value packedBuffer(GpuLowering &lowering, const ProductSource &source,
                         const PackedOrder &order, int64_t count);

/// How a result is cut: each invocation computes a tile of it.
struct ProductGrid {
  /// \param tileRows, tileColumns  at most; columns in fours.
  ProductGrid(const ProductSource &source, const GpuTarget &target,
              int64_t tileRows, int64_t tileColumns);

  int64_t tileRows, tileColumns;
  int64_t rowTiles, columnTiles; ///< of one matrix
  int64_t matrices;
  GroupSize threads; ///< along columns, rows, and parts of a sum

  /// Lets several invocations, at most as many as a sum has steps, share each
  /// tile's sums of i32 where tiles alone would leave a device idle.
  void splitSums(const GpuTarget &target, int64_t steps);
  int64_t parts() const { return threads[2]; }
  int64_t quads() const { return tileColumns / 4; } ///< of a tile's row
  int64_t quadsOfRow() const { return columnTiles * quads(); }

  std::array<int64_t, 3> groups() const;

  /// An invocation's tile.
  struct Place {
    mlir::Value matrix, row, column; ///< of the first element; row in matrix
    mlir::Value columnTile;
    /// i1, where sums are shared: whether this is the invocation's own tile,
    /// not one that it only helps to wait for; null: always.
    mlir::Value exists;
  };
  /// Emits the code of the invocations that have a tile; where sums are shared,
  /// of all.
  void emit(GpuKernel &code,
            llvm::function_ref<void(const Place &)> emit) const;
};

/// Among how many invocations the sums of `steps` steps of each of `tiles`
/// tiles are split, so that a device has enough to do.
int64_t partsOfSums(const GpuTarget &target, int64_t tiles, int64_t steps);

/// Invocations of a group whose members share sums: 8 vectors of 16 bytes of
/// each take half of the memory that there is.
constexpr int64_t kThreadsThatShare = 64;

/// Which part of which tile's sums an invocation has, of those of its group.
struct PartOfSums {
  mlir::Value tile, part;
  int64_t tiles, parts;
};

/// Parts along dimension 2 of the group.
PartOfSums partOfThread(GpuKernel &code, const GroupSize &threads);

/// Adds up what the parts of a sum have found, i32 vectors of 4: lays `sums`
/// into shared memory and waits for the group. The result gives the whole of
/// sum number `number`.
std::function<mlir::Value(mlir::Value)>
shareSums(GpuKernel &code, const PartOfSums &own,
          llvm::ArrayRef<mlir::Value> sums);

/// `values[number]`, all of them vectors of 4.
mlir::Value pickQuad(GpuKernel &code, llvm::ArrayRef<mlir::Value> values,
                     mlir::Value number);

/// Emits the code of all invocations of a product, whose `emitTile` is that of
/// one.
template <class Product>
mlir::LogicalResult emitTiles(GpuKernel &code, const ProductGrid &grid,
                              Product &product) {
  mlir::LogicalResult status = mlir::success();
  grid.emit(code, [&](const ProductGrid::Place &place) {
    status = product.emitTile(place);
  });
  return status;
}

/// Where the rows of an invocation's tile are in the left operand.
class LeftRows {
public:
  LeftRows(GpuKernel &code, const ProductSource &source,
           const ProductGrid &grid, const ProductGrid::Place &place);

  struct Row {
    mlir::Value word;   ///< where its elements begin, or some other place
    mlir::Value inside; ///< i1: within the image; null: always
  };
  /// Loops over the taps with carried values; `emit` gets the tap's number, its
  /// rows and what is carried.
  llvm::SmallVector<mlir::Value>
  overTaps(mlir::ValueRange initial,
           llvm::function_ref<llvm::SmallVector<mlir::Value>(
               mlir::Value, llvm::ArrayRef<Row>, mlir::ValueRange)>
               emit) const;

private:
  /// The first tap of a pixel's window in its image, and the word there (or,
  /// for taps outside, where it would be, below zero as far above all words).
  struct Window {
    mlir::Value top, left, word;
  };
  /// The same of a line of taps, and whether it is within the image.
  struct Line {
    mlir::Value word, left, inside;
  };
  Window windowOf(mlir::Value pixel) const;
  Line lineOf(const Window &window, mlir::Value tapRow) const;
  Row rowOf(const Line &line, mlir::Value tapColumn) const;
  mlir::Value inImage(mlir::Value at, int axis) const;
  mlir::Value isWithin(mlir::Value at, int axis) const;

  GpuKernel &code;
  const ProductSource &source;
  int64_t pitch;                        ///< words of a row of elements
  llvm::SmallVector<mlir::Value> words; ///< of rows that no window moves
  llvm::SmallVector<Window> windows;
};

/// Finishes a tile: `sums` are the vectors of 4 columns of each row, row after
/// row; of their part where sums are shared.
/// \param emit  gets a vector of whole sums and its place in the result.
void finishTile(
    GpuKernel &code, const ProductSource &source, const ProductGrid &grid,
    const ProductGrid::Place &place, llvm::ArrayRef<mlir::Value> sums,
    llvm::function_ref<void(mlir::Value, const QuadPosition &)> emit);

/// A vector of 4 times `value`.
mlir::Value splat(GpuKernel &code, mlir::Value value);
/// A constant vector of 4 zeros.
mlir::Value zeroQuad(GpuKernel &code, mlir::Type element);

/// The form for all types and shapes: elements are loaded one by one.
mlir::LogicalResult lowerPlainProduct(GpuLowering &lowering,
                                      const ProductSource &source);

/// Whether that is a depthwise convolution of codes or f32 with known weights.
bool canShareTaps(const ProductSource &source);
/// Its form: pixels beside one another share what their windows read.
mlir::LogicalResult lowerDepthwiseProduct(GpuLowering &lowering,
                                          ProductSource source);

/// Whether packed products can compute it: its rows are words of neighbours.
bool canPackProduct(const ProductSource &source);
/// The forms for codes: four products of packed words at once.
mlir::LogicalResult lowerPackedProduct(GpuLowering &lowering,
                                       const ProductSource &source);

} // namespace quantir

#endif // QUANTIR_LIB_GPU_PRODUCT_H
