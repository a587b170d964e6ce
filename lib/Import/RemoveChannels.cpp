// Channels between two convolutions or products that are always zero, or that
// nothing reads, are not computed: what pruning of whole channels leaves.

#include "RecognizePatterns.h"
#include "Rewrite.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

/// A step of a product multiplies this many channels: fewer save nothing.
static constexpr int64_t kTogether = 4;

static SmallVector<float> floatsOf(Value constant) {
  return llvm::to_vector(constantOf(constant).getValues<float>());
}

/// True for a convolution without groups or a product with rows of weights,
/// whose weights and bias are f32 constants.
static bool hasRows(Operation *op) {
  auto conv = dyn_cast_if_present<ConvOp>(op);
  auto matmul = dyn_cast_if_present<MatmulOp>(op);
  bool isKind = (conv && conv.getGroups() == 1) ||
                (matmul && matmul.getTransposeRhs() &&
                 typeOf(matmul.getRhs()).getRank() == 2);
  if (!isKind)
    return false;
  return llvm::all_of(op->getOperands().drop_front(), [](Value operand) {
    return constantOf(operand) && typeOf(operand).getElementType().isF32();
  });
}

/// True when channels pass through `op` one by one and zero stays zero.
static bool keepsZero(Operation *op) {
  if (auto clip = dyn_cast<ClipOp>(op))
    return !clip.getLow().isNegative() ? clip.getLow().isZero()
                                       : !clip.getHigh().isNegative();
  return isa<ReluOp, LeakyReluOp, SiluOp, GeluOp, TanhOp, HardSwishOp, ErfOp,
             AbsOp, NegOp, MaxPoolOp, AvgPoolOp, ReshapeOp>(op);
}

/// True when channels pass through `op` one by one.
static bool keepsChannels(Operation *op) {
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    ArrayRef<int64_t> from = typeOf(reshape.getInput()).getShape(),
                      to = reshape.getType().getShape();
    return !from.empty() && !to.empty() && from.back() == to.back();
  }
  return isa<MaxPoolOp, AvgPoolOp>(op) ||
         (isa<ElementwiseInterface>(op) && op->getNumOperands() == 1);
}

namespace {
/// Two ops with weights and what lies between them.
struct Path {
  Operation *producer = nullptr, *consumer;
  SmallVector<Operation *> between; ///< from the producer on
};
} // namespace

/// The path to `consumer`, which must be the only reader of all of it.
static std::optional<Path> pathTo(Operation *consumer) {
  Path path{nullptr, consumer, {}};
  for (Value value = consumer->getOperand(0);;) {
    Operation *op = value.getDefiningOp();
    if (!op || !value.hasOneUse() || !typeOf(value).getElementType().isF32())
      return std::nullopt;
    if (hasRows(op)) {
      path.producer = op;
      std::reverse(path.between.begin(), path.between.end());
      return path;
    }
    if (!keepsChannels(op))
      return std::nullopt;
    path.between.push_back(op);
    value = op->getOperand(0);
  }
}

/// For each channel that `path` carries, whether it matters.
static SmallVector<bool> liveChannels(const Path &path) {
  SmallVector<float> rows = floatsOf(path.producer->getOperand(1)),
                     readers = floatsOf(path.consumer->getOperand(1)), bias;
  if (path.producer->getNumOperands() == 3)
    bias = floatsOf(path.producer->getOperand(2));
  int64_t channels = typeOf(path.producer->getOperand(1)).getDimSize(0);
  int64_t perRow = int64_t(rows.size()) / channels;
  bool zeroStays = llvm::all_of(path.between, keepsZero);
  auto isOther = [](float value) { return value != 0; };
  SmallVector<bool> live(channels, false);
  for (size_t i = 0; i < readers.size(); ++i)
    live[i % channels] = live[i % channels] || isOther(readers[i]);
  for (int64_t c = 0; c < channels && zeroStays; ++c) {
    bool computes =
        llvm::any_of(ArrayRef(rows).slice(c * perRow, perRow), isOther) ||
        (!bias.empty() && isOther(bias[c]));
    live[c] = live[c] && computes;
  }
  return live;
}

/// The channels to keep: those that matter, and others up to a multiple of
/// `kTogether`.
static SmallVector<int64_t> keptChannels(ArrayRef<bool> live) {
  int64_t wanted =
      llvm::alignTo(std::max<int64_t>(1, llvm::count(live, true)), kTogether);
  int64_t spare = wanted - llvm::count(live, true);
  SmallVector<int64_t> kept;
  for (auto [channel, matters] : llvm::enumerate(live))
    if (matters || spare-- > 0)
      kept.push_back(int64_t(channel));
  return kept;
}

/// A constant with the `kept` entries of its first or last dimension alone.
static Value keepEntries(PatternRewriter &rewriter, Value constant,
                         ArrayRef<int64_t> kept, bool ofLast) {
  RankedTensorType type = typeOf(constant);
  SmallVector<int64_t> shape(type.getShape());
  SmallVector<float> values = floatsOf(constant), selected;
  int64_t &size = ofLast ? shape.back() : shape.front();
  int64_t count = int64_t(values.size()) / size;
  if (ofLast) {
    for (int64_t row = 0; row < count; ++row)
      for (int64_t channel : kept)
        selected.push_back(values[row * size + channel]);
  } else {
    for (int64_t channel : kept)
      llvm::append_range(selected,
                         ArrayRef(values).slice(channel * count, count));
  }
  size = int64_t(kept.size());
  return ConstantOp::create(
      rewriter, constant.getLoc(),
      DenseElementsAttr::get(type.clone(shape), ArrayRef<float>(selected)));
}

namespace {
template <typename OpType> struct RemoveChannels : OpRewritePattern<OpType> {
  using OpRewritePattern<OpType>::OpRewritePattern;
  LogicalResult matchAndRewrite(OpType consumer,
                                PatternRewriter &rewriter) const override {
    std::optional<Path> path =
        hasRows(consumer) ? pathTo(consumer) : std::nullopt;
    if (!path)
      return rewriter.notifyMatchFailure(consumer,
                                         "does not alone read weights' rows");
    SmallVector<bool> live = liveChannels(*path);
    SmallVector<int64_t> kept = keptChannels(live);
    if (kept.size() >= live.size())
      return rewriter.notifyMatchFailure(consumer, "reads channels that count");
    remark::passed(
        consumer.getLoc(),
        remark::RemarkOpts::name("ChannelsRemoved").category("quantir-import"))
        << remark::add(
               "{0} of the {1} channels that it reads are zero or count "
               "for nothing, and go",
               live.size() - kept.size(), live.size());
    auto copy = [&](Operation *op, ArrayRef<Value> operands, bool narrows) {
      rewriter.setInsertionPoint(op);
      Operation *copied = rewriter.clone(*op);
      copied->setOperands(operands);
      RankedTensorType type = typeOf(op->getResult(0));
      SmallVector<int64_t> shape(type.getShape());
      if (narrows)
        shape.back() = int64_t(kept.size());
      copied->getResult(0).setType(type.clone(shape));
      return copied;
    };
    SmallVector<Value> operands(path->producer->getOperands());
    rewriter.setInsertionPoint(path->producer);
    for (Value &operand : MutableArrayRef(operands).drop_front())
      operand = keepEntries(rewriter, operand, kept, /*ofLast=*/false);
    Value value = copy(path->producer, operands, true)->getResult(0);
    for (Operation *op : path->between)
      value = copy(op, value, true)->getResult(0);
    operands.assign(consumer->operand_begin(), consumer->operand_end());
    operands[0] = value;
    rewriter.setInsertionPoint(consumer);
    operands[1] = keepEntries(rewriter, operands[1], kept, /*ofLast=*/true);
    rewriter.replaceOp(consumer, copy(consumer, operands, false));
    return success();
  }
};
} // namespace

void quantir::populateChannelPatterns(RewritePatternSet &patterns) {
  patterns.add<RemoveChannels<ConvOp>, RemoveChannels<MatmulOp>>(
      patterns.getContext());
}
