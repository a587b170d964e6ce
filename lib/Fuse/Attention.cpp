#include "quantir/Fuse/Attention.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace quantir;

static bool isElementwise(Operation *op, ArrayRef<int64_t> shape) {
  return op && isa<ElementwiseInterface>(op) &&
         shapeOf(op->getResult(0)) == shape;
}

static bool isPerAxis(Value value) {
  return isa<quant::UniformQuantizedPerAxisType>(
      getElementTypeOrSelf(value.getType()));
}

/// A product of codes, not with weights that have a scale for each channel.
static bool multipliesCodes(MatmulOp product) {
  return product && !product.getBias() &&
         getQuantizedElement(product.getLhs().getType()) &&
         !isPerAxis(product.getRhs());
}

/// Rows of bytes that add up without an offset.
static bool areWeights(Value value) {
  quant::QuantizedType codes = getQuantizedElement(value.getType());
  return codes && !codes.isSigned() && isActivationCode(codes) &&
         getZeroPoints(codes)[0] == 0;
}

namespace {
class Finder {
public:
  explicit Finder(SoftmaxOp softmax) : shape(shapeOf(softmax.getResult())) {
    found.softmax = softmax;
  }

  /// From the softmax to the product that reads its codes.
  StringRef findProduct();
  /// From the softmax back to the product that its rows come from.
  StringRef findScores();

  Attention found;

private:
  StringRef readCodes(Value codes);
  StringRef followSums();

  ArrayRef<int64_t> shape;
};
} // namespace

StringRef Finder::findProduct() {
  Value value = found.softmax.getResult();
  while (!areWeights(value)) {
    if (!value.hasOneUse())
      return "the probabilities are read elsewhere";
    Operation *user = *value.user_begin();
    if (!isElementwise(user, shape))
      return isa<MatmulOp>(user) ? "its products are in floating point"
                                 : "no product reads the probabilities";
    found.elementwise.push_back(user);
    value = user->getResult(0);
  }
  return readCodes(value);
}

StringRef Finder::readCodes(Value codes) {
  for (Operation *user : codes.getUsers()) {
    auto product = dyn_cast<MatmulOp>(user);
    auto sums = dyn_cast<ReduceOp>(user);
    if (product && !found.product && product.getLhs() == codes &&
        product.getRhs() != codes)
      found.product = product;
    else if (sums && !found.sums && sums.getKind() == ReduceKind::sum &&
             sums.getKeepdims() &&
             sums.getAxes() == ArrayRef<int64_t>(int64_t(shape.size()) - 1))
      found.sums = sums;
    else
      return "the probabilities are read elsewhere";
  }
  if (!multipliesCodes(found.product))
    return "no product of activations reads the probabilities";
  if (shapeOf(found.product.getResult()).drop_back(2) != shape.drop_back(2))
    return "the values have leading dimensions of their own";
  return found.sums ? followSums() : StringRef();
}

/// What is computed of the sums stays in the rows until the product reads it.
StringRef Finder::followSums() {
  ArrayRef<int64_t> rows = shapeOf(found.sums.getResult()),
                    result = shapeOf(found.product.getResult());
  SmallVector<Operation *> open{found.sums};
  while (!open.empty()) {
    Operation *op = open.pop_back_val();
    for (Operation *user : op->getUsers()) {
      if (isElementwise(user, rows) && rows != result) {
        if (!llvm::is_contained(found.rowwise, user)) {
          found.rowwise.push_back(user);
          open.push_back(user);
        }
      } else if (!isElementwise(user, result)) {
        return "the sums of the rows are read elsewhere";
      }
    }
  }
  llvm::sort(found.rowwise,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return {};
}

StringRef Finder::findScores() {
  llvm::SmallPtrSet<Operation *, 16> inside{found.softmax};
  auto later = [](Operation *a, Operation *b) { return b->isBeforeInBlock(a); };
  std::set<Operation *, decltype(later)> open(later);
  auto addProducers = [&](Operation *op) {
    for (Value operand : op->getOperands())
      if (Operation *producer = operand.getDefiningOp())
        open.insert(producer);
  };
  addProducers(found.softmax);
  while (!open.empty()) {
    Operation *op = *open.begin();
    open.erase(open.begin());
    auto scores = dyn_cast<MatmulOp>(op);
    bool wanted = scores && !found.scores && multipliesCodes(scores) &&
                  shapeOf(scores.getResult()) == shape;
    if (!wanted && !isElementwise(op, shape))
      continue;
    bool onlyHere = llvm::all_of(
        op->getUsers(), [&](Operation *user) { return inside.contains(user); });
    if (!onlyHere && wanted)
      return "the scores are read elsewhere";
    if (!onlyHere)
      continue;
    inside.insert(op);
    if (wanted) {
      found.scores = scores;
      continue;
    }
    found.elementwise.push_back(op);
    addProducers(op);
  }
  llvm::sort(found.elementwise,
             [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return found.scores ? StringRef() : "no product of codes gives the scores";
}

std::optional<Attention> quantir::findAttention(SoftmaxOp softmax,
                                                StringRef &reason) {
  reason = {};
  Finder finder(softmax);
  if (shapeOf(softmax.getResult()).size() < 2 || softmax.getLog() ||
      softmax.getType().getNumElements() == 0)
    return std::nullopt;
  bool feedsProduct = false;
  for (Operation *user : softmax->getUsers()) {
    feedsProduct |= isa<MatmulOp>(user);
    for (Operation *next : user->getUsers())
      feedsProduct |= isa<MatmulOp>(next);
  }
  if (!feedsProduct)
    return std::nullopt;
  reason = finder.findProduct();
  if (reason.empty())
    reason = finder.findScores();
  if (!reason.empty())
    return std::nullopt;
  return finder.found;
}

/// True when vectors of neighbours can be read along one of the last two
/// dimensions.
static bool hasNeighbours(const StridedView &view, bool alongLast) {
  int64_t rank = view.dims.size();
  std::optional<int64_t> row = view.strideOf(rank - 2),
                         column = view.strideOf(rank - 1);
  auto isOne = [&](int64_t dim) {
    return view.dims[dim].empty() || view.strideOf(dim) == 1;
  };
  return row && column && *row >= 0 && *column >= 0 &&
         (isOne(rank - 1) || (!alongLast && isOne(rank - 2)));
}

MovedOperand quantir::followMoves(Value operand, bool alongLast,
                                  function_ref<bool(Operation *)> mayCross) {
  MovedOperand best{operand, {}, StridedView::whole(shapeOf(operand))};
  SmallVector<Operation *> path;
  for (Value value = operand;;) {
    Operation *move = value.getDefiningOp();
    if (!move || !isa<TransposeOp, SliceOp, ReshapeOp, ExpandOp>(move) ||
        !mayCross(move))
      return best;
    path.insert(path.begin(), move);
    value = move->getOperand(0);
    std::optional<StridedView> view = StridedView::whole(shapeOf(value));
    for (Operation *step : path)
      if (view)
        view = viewThrough(step, *view);
    if (view && hasNeighbours(*view, alongLast) &&
        view->leading(shapeOf(operand).drop_back(2)))
      best = {value, path, *view};
  }
}

bool Attention::isOfRows(Value value) {
  Operation *producer = value.getDefiningOp();
  return sums && producer &&
         (producer == sums || llvm::is_contained(rowwise, producer));
}

std::optional<MovedResult> quantir::resultBeforeMoves(Value yielded) {
  std::optional<StridedView> view = StridedView::whole(shapeOf(yielded));
  Value value = yielded;
  while (view &&
         isa_and_nonnull<TransposeOp, ReshapeOp>(value.getDefiningOp())) {
    view = viewBefore(value.getDefiningOp(), *view);
    value = value.getDefiningOp()->getOperand(0);
  }
  if (!view)
    return std::nullopt;
  return MovedResult{value, *view};
}
