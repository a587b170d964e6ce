#include "ProductColumns.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Fuse/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_SPLITPRODUCTSPASS
#include "quantir/Fuse/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

namespace {
/// What stands between a product and one of its readers.
struct Way {
  SmallVector<Operation *> elementwise; // the first one reads the product
  bool reshaped = false;
  TransposeOp transpose; // the last op that moves elements, or null
};

/// A slice that reads some columns of a product and all of its rows.
struct Part {
  Columns columns;
  Way way;
  SliceOp slice;
};

/// Follows a product to its readers and splits it when these are slices.
class ProductSplitter {
public:
  ProductSplitter(QuantizationInterface product)
      : product(product), width(shapeOf(product->getResult(0)).back()) {}

  /// Why the product has to stay whole, or nothing.
  std::optional<StringRef> reasonAgainst();

  /// True when all readers are slices of columns: a reason is news then.
  bool isSliced() const { return sliced; }
  size_t numProducts() const { return ranges.size(); }

  void apply();

private:
  bool follow(Value value, const Way &way);
  bool followReader(OpOperand &use, Way way);
  std::optional<Columns> columnsOf(SliceOp slice, const Way &way) const;
  bool worksByColumns(OpOperand &use, const Way &way) const;
  bool collectRanges();
  Value buildPart(const Part &part, Value columns);

  QuantizationInterface product;
  int64_t width;
  bool sliced = false;
  std::vector<Part> parts;
  SmallVector<Operation *> readers; // each after what it reads
  SmallVector<Columns> ranges;      // rising
};
} // namespace

/// How many trailing dimensions of `shape` hold `width` columns, if any.
static std::optional<size_t> columnDims(ArrayRef<int64_t> shape,
                                        int64_t width) {
  int64_t count = 1;
  for (size_t dims = 1; dims <= shape.size() && count < width; ++dims) {
    count *= shape[shape.size() - dims];
    if (count == width)
      return dims;
  }
  return std::nullopt;
}

/// The range of the row-major order of `shape` that a slice takes, if it is
/// one without gaps.
static std::optional<Columns> rangeOf(ArrayRef<int64_t> shape,
                                      ArrayRef<int64_t> offsets,
                                      ArrayRef<int64_t> sizes) {
  Columns range{0, 1};
  bool whole = true; // all faster dimensions
  int64_t stride = 1;
  for (int64_t dim = int64_t(shape.size()) - 1; dim >= 0; --dim) {
    if (!whole && sizes[dim] != 1)
      return std::nullopt;
    range.first += offsets[dim] * stride;
    range.count *= sizes[dim];
    stride *= shape[dim];
    whole &= sizes[dim] == shape[dim];
  }
  return range;
}

std::optional<Columns> ProductSplitter::columnsOf(SliceOp slice,
                                                  const Way &way) const {
  SmallVector<int64_t> shape(shapeOf(slice.getInput())),
      offsets(slice.getOffsets()), sizes(slice.getSizes()),
      steps(slice.getSteps());
  if (way.transpose) {
    TransposeOp transpose = way.transpose;
    auto inverse = invertPermutationVector(transpose.getPermutation());
    for (auto *values : {&shape, &offsets, &sizes, &steps})
      *values = applyPermutation<int64_t>(*values, inverse);
  }
  std::optional<size_t> dims = columnDims(shape, width);
  if (!dims)
    return std::nullopt;
  size_t rows = shape.size() - *dims;
  for (auto [dim, size] : llvm::enumerate(sizes))
    if ((size != 1 && steps[dim] != 1) || (dim < rows && size != shape[dim]))
      return std::nullopt;
  return rangeOf(ArrayRef(shape).drop_front(rows),
                 ArrayRef(offsets).drop_front(rows),
                 ArrayRef(sizes).drop_front(rows));
}

/// True when the constants of an elementwise op can be cut as the columns are.
bool ProductSplitter::worksByColumns(OpOperand &use, const Way &way) const {
  auto op = dyn_cast<ElementwiseInterface>(use.getOwner());
  if (!op || op->getNumResults() != 1 ||
      shapeOf(op->getResult(0)) != shapeOf(use.get()) ||
      !keepsMeaningByColumns(op, shapeOf(use.get()).size() - 1))
    return false;
  return llvm::all_of(op->getOpOperands(), [&](OpOperand &operand) {
    if (&operand == &use)
      return true;
    auto constant = operand.get().getDefiningOp<ConstantOp>();
    if (!constant || op.isTable(operand.getOperandNumber()))
      return bool(constant);
    if (elementsOf(constant) == 1)
      return shapeOf(constant).size() <= shapeOf(product->getResult(0)).size();
    return !way.reshaped && !way.transpose &&
           (shapeOf(constant).back() == 1 || canSlice(constant));
  });
}

bool ProductSplitter::followReader(OpOperand &use, Way way) {
  Operation *reader = use.getOwner();
  if (reader->getBlock() != product->getBlock())
    return false;
  readers.push_back(reader);
  if (auto slice = dyn_cast<SliceOp>(reader)) {
    std::optional<Columns> columns = columnsOf(slice, way);
    if (!columns || columns->count == 0)
      return false;
    parts.push_back({*columns, std::move(way), slice});
    return true;
  }
  if (auto reshape = dyn_cast<ReshapeOp>(reader)) {
    if (way.transpose || !columnDims(shapeOf(reshape), width))
      return false;
    way.reshaped = true;
  } else if (auto transpose = dyn_cast<TransposeOp>(reader)) {
    if (way.transpose)
      return false;
    way.transpose = transpose;
  } else if (worksByColumns(use, way)) {
    way.elementwise.push_back(reader);
  } else {
    return false;
  }
  return !isPerAxis(reader->getResult(0)) && follow(reader->getResult(0), way);
}

bool ProductSplitter::follow(Value value, const Way &way) {
  return !value.use_empty() &&
         llvm::all_of(value.getUses(),
                      [&](OpOperand &use) { return followReader(use, way); });
}

/// The different ranges of the parts, unless some columns would be computed
/// twice.
bool ProductSplitter::collectRanges() {
  for (const Part &part : parts)
    if (!llvm::is_contained(ranges, part.columns))
      ranges.push_back(part.columns);
  llvm::sort(ranges, [](Columns a, Columns b) { return a.first < b.first; });
  for (size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first < ranges[i - 1].end())
      return false;
  return true;
}

/// Rows of products are computed 16 columns at a time, or a multiple of that.
static int64_t vectorsOf(int64_t columns) {
  return llvm::divideCeil(columns, 16);
}

/// Each product reads the left operand again; for that, nobody writes the
/// whole product in f32 and reads it back.
static bool readsLessThanItSaves(Operation *product, size_t numProducts) {
  int64_t again = int64_t(numProducts - 1) *
                  bytesOfTensor(product->getOperand(0).getType());
  constexpr int64_t bytesMoved = 2 * sizeof(float);
  return again <= elementsOf(product->getResult(0)) * bytesMoved;
}

std::optional<StringRef> ProductSplitter::reasonAgainst() {
  if (!follow(product->getResult(0), {}))
    return "something reads all of it";
  sliced = true;
  llvm::sort(parts, [](const Part &a, const Part &b) {
    SliceOp first = a.slice, second = b.slice;
    return first->isBeforeInBlock(second);
  });
  if (!collectRanges())
    return "slices overlap";
  if (ranges.front().count == width)
    return "a slice takes all of it";
  int64_t vectors = 0;
  for (Columns range : ranges)
    vectors += vectorsOf(range.count);
  if (vectors > vectorsOf(width))
    return "slices fill no vectors";
  if (!readsLessThanItSaves(product, ranges.size()))
    return "the left operand is long";
  if (!canSliceColumns(product))
    return "its weights or bias are not constants that can be cut";
  for (const Part &part : parts)
    for (Operation *op : part.way.elementwise)
      if (!keepsMultipliers(op, part.columns))
        return "one shift serves all channels";
  return std::nullopt;
}

/// What `part` reads, from its columns of the product on.
Value ProductSplitter::buildPart(const Part &part, Value columns) {
  SliceOp slice = part.slice;
  OpBuilder builder(slice);
  for (Operation *op : part.way.elementwise) {
    builder.setInsertionPoint(op);
    columns = sliceElementwise(builder, op, columns, part.columns, width);
  }
  builder.setInsertionPoint(slice);
  RankedTensorType type = slice.getType();
  Location location = slice.getLoc();
  TransposeOp transpose = part.way.transpose;
  if (!transpose)
    return builder.createOrFold<ReshapeOp>(location, type, columns);
  ArrayRef<int64_t> permutation = transpose.getPermutation();
  auto before = applyPermutation<int64_t>(type.getShape(),
                                          invertPermutationVector(permutation));
  Value rows =
      builder.createOrFold<ReshapeOp>(location, type.clone(before), columns);
  return TransposeOp::create(builder, transpose.getLoc(), type, rows,
                             permutation);
}

void ProductSplitter::apply() {
  SmallVector<Value> products;
  for (Columns range : ranges)
    products.push_back(sliceProduct(product, range));
  for (const Part &part : parts) {
    Value columns = products[llvm::find(ranges, part.columns) - ranges.begin()];
    Value replacement = buildPart(part, columns);
    part.slice->getResult(0).replaceAllUsesWith(replacement);
  }
  SmallVector<Value> constants(product->getOperands().drop_front());
  for (Operation *reader : llvm::reverse(readers))
    reader->erase();
  product->erase();
  for (Value constant : constants)
    if (constant.use_empty())
      constant.getDefiningOp()->erase();
}

namespace {
struct SplitProducts : quantir::impl::SplitProductsPassBase<SplitProducts> {
  void runOnOperation() override {
    SmallVector<QuantizationInterface> products;
    getOperation().walk([&](Operation *op) {
      if (isa<MatmulOp, ConvOp>(op))
        products.push_back(cast<QuantizationInterface>(op));
    });
    for (QuantizationInterface product : products)
      split(product);
  }

  static void split(QuantizationInterface product) {
    ProductSplitter splitter(product);
    std::optional<StringRef> reason = splitter.reasonAgainst();
    if (!reason) {
      remark::passed(
          product->getLoc(),
          remark::RemarkOpts::name("ProductSplit").category("quantir-fuse"))
          << remark::add("{0} becomes {1}", product->getName().getStringRef(),
                         splitter.numProducts());
      splitter.apply();
    } else if (splitter.isSliced()) {
      remark::missed(
          product->getLoc(),
          remark::RemarkOpts::name("ProductWhole").category("quantir-fuse"))
          << remark::add("slices copy what {0} gives",
                         product->getName().getStringRef())
          << remark::reason("{0}", reason->str());
    }
  }
};
} // namespace
