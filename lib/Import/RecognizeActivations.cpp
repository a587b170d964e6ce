// silu, gelu and hard_swish as exporters write them.

#include "RecognizePatterns.h"
#include "Rewrite.h"

using namespace mlir;
using namespace quantir;

/// The operand of `sum` beside the constant `addend`, or null.
static Value besides(Value sum, double addend) {
  auto add = sum.getDefiningOp<AddOp>();
  if (!add)
    return {};
  for (auto [one, other] : {std::pair(add.getLhs(), add.getRhs()),
                            std::pair(add.getRhs(), add.getLhs())}) {
    std::optional<double> number = splatOf(one);
    if (number && isAbout(*number, addend))
      return other;
  }
  return {};
}

/// True when `value` is `factor` times `x`.
static bool isMultiple(Value value, double factor, Value x) {
  Product product = flattenProduct(value, x);
  return isAbout(product.factor, factor) && product.values.size() == 1 &&
         product.values[0] == x;
}

static bool isCube(const Product &product, double factor, Value x) {
  return isAbout(product.factor, factor) && product.values.size() == 3 &&
         llvm::all_equal(product.values) && product.values[0] == x;
}

/// True for sqrt(2 / pi) (x + 0.044715 x^3) times `factor`, in two ways to
/// write it.
static bool isTanhArgument(Value value, Value x, double factor) {
  constexpr double root = 0.7978845608028654, cubic = 0.044715;
  Product outer = flattenProduct(value, x);
  if (!isAbout(outer.factor, root * factor))
    return false;
  for (Value sum : outer.values) {
    auto add = sum.getDefiningOp<AddOp>();
    if (!add)
      continue;
    bool whole = outer.values.size() == 1;
    for (auto [one, other] : {std::pair(add.getLhs(), add.getRhs()),
                              std::pair(add.getRhs(), add.getLhs())}) {
      if (whole && one == x && isCube(flattenProduct(other, x), cubic, x))
        return true;
      std::optional<double> number = splatOf(one);
      Product square = flattenProduct(other, x);
      if (outer.values.size() == 2 && llvm::is_contained(outer.values, x) &&
          number && isAbout(*number, 1) && isAbout(square.factor, cubic) &&
          square.values == SmallVector<Value>{x, x})
        return true;
    }
  }
  return false;
}

/// True when `gate` is a share of x that gelu keeps, times `factor`: the normal
/// distribution function as 1 + erf(x / sqrt 2), times two, or its
/// approximation by tanh, or by the sigmoid that this tanh is.
static bool isGeluGate(Value gate, Value x, GeluForm &form, double &factor) {
  factor = 2;
  form = GeluForm::tanh;
  if (auto sigmoid = gate.getDefiningOp<SigmoidOp>()) {
    factor = 1;
    return isTanhArgument(sigmoid.getInput(), x, 2);
  }
  auto add = gate.getDefiningOp<AddOp>();
  if (!add)
    return false;
  for (auto [one, other] : {std::pair(add.getLhs(), add.getRhs()),
                            std::pair(add.getRhs(), add.getLhs())}) {
    std::optional<double> number = splatOf(one);
    Product inner = flattenProduct(other);
    if (!number || !isAbout(inner.factor, *number) || inner.values.size() != 1)
      continue;
    factor = 2 * *number;
    constexpr double root = 0.7071067811865476;
    if (auto erf = inner.values[0].getDefiningOp<ErfOp>()) {
      form = GeluForm::erf;
      return isMultiple(erf.getInput(), root, x);
    }
    auto tanh = inner.values[0].getDefiningOp<TanhOp>();
    return tanh && isTanhArgument(tanh.getInput(), x, 1);
  }
  return false;
}

/// Values that the gate may be about: what its argument is made of.
static SmallVector<Value> candidates(Value gate) {
  SmallVector<Value> found, work{gate};
  for (unsigned steps = 0; !work.empty() && steps < 32; ++steps) {
    Value value = work.pop_back_val();
    Operation *op = value.getDefiningOp();
    found.push_back(value);
    if (op && isa<AddOp, MulOp, DivOp, ErfOp, TanhOp, SigmoidOp>(op))
      llvm::append_range(work, op->getOperands());
  }
  return found;
}

namespace {

/// x / 2 * (1 + erf(x / sqrt 2)), and with tanh, in any order of factors.
struct RecognizeGelu : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (Value gate : flattenProduct(mul).values) {
      Operation *last = gate.getDefiningOp();
      if (!last || !isa<AddOp, SigmoidOp>(last))
        continue;
      for (Value x : candidates(gate)) {
        Product product = flattenProduct(mul, x);
        GeluForm form;
        double factor;
        if (product.values.size() == 2 &&
            llvm::is_contained(product.values, x) &&
            llvm::is_contained(product.values, gate) && x != gate &&
            x.getType() == mul.getType() && isGeluGate(gate, x, form, factor) &&
            isAbout(product.factor * factor, 1)) {
          rewriter.replaceOpWithNewOp<GeluOp>(mul, mul.getType(), x, form);
          return success();
        }
      }
    }
    return rewriter.notifyMatchFailure(mul, "is no gelu");
  }
};

/// x * sigmoid(x) -> silu(x)
struct RecognizeSilu : OpRewritePattern<MulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MulOp mul,
                                PatternRewriter &rewriter) const override {
    for (auto [x, gate] : {std::pair(mul.getLhs(), mul.getRhs()),
                           std::pair(mul.getRhs(), mul.getLhs())}) {
      auto sigmoid = gate.getDefiningOp<SigmoidOp>();
      if (!sigmoid || sigmoid.getInput() != x)
        continue;
      rewriter.replaceOpWithNewOp<SiluOp>(mul, mul.getType(), x);
      return success();
    }
    return rewriter.notifyMatchFailure(mul, "is no silu");
  }
};

} // namespace

/// The x of 1 + e^-x, or null.
static Value sigmoidDivisor(Value value) {
  Value power = besides(value, 1);
  auto exp = power ? power.getDefiningOp<ExpOp>() : ExpOp();
  if (!exp)
    return {};
  if (auto neg = exp.getInput().getDefiningOp<NegOp>())
    return neg.getInput();
  Product product = flattenProduct(exp.getInput());
  bool negates = product.factor == -1 && product.values.size() == 1;
  return negates ? product.values[0] : Value();
}

namespace {

/// 1 / (1 + e^-x) -> sigmoid(x); x / (1 + e^-x) -> silu(x)
struct RecognizeDividedSigmoid : OpRewritePattern<DivOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DivOp div,
                                PatternRewriter &rewriter) const override {
    Value x = sigmoidDivisor(div.getRhs());
    if (!x || x.getType() != div.getType())
      return rewriter.notifyMatchFailure(div, "divides by no 1 + e^-x");
    if (div.getLhs() == x)
      rewriter.replaceOpWithNewOp<SiluOp>(div, div.getType(), x);
    else if (splatOf(div.getLhs()) == 1.0)
      rewriter.replaceOpWithNewOp<SigmoidOp>(div, div.getType(), x);
    else
      return rewriter.notifyMatchFailure(div, "divides something else");
    return success();
  }
};

/// reciprocal(1 + e^-x) -> sigmoid(x)
struct RecognizeInvertedSigmoid : OpRewritePattern<ReciprocalOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(ReciprocalOp op,
                                PatternRewriter &rewriter) const override {
    Value x = sigmoidDivisor(op.getInput());
    if (!x)
      return rewriter.notifyMatchFailure(op, "inverts no 1 + e^-x");
    rewriter.replaceOpWithNewOp<SigmoidOp>(op, op.getType(), x);
    return success();
  }
};

/// True for min(max(x / 6 + 1/2, 0), 1), or six times that.
static bool isHardGate(Value gate, Value x, double &scale) {
  if (auto hard = gate.getDefiningOp<HardSigmoidOp>()) {
    scale = 1;
    return hard.getInput() == x &&
           isAbout(hard.getAlpha().convertToFloat(), 1.0 / 6) &&
           isAbout(hard.getBeta().convertToFloat(), 0.5);
  }
  auto clip = gate.getDefiningOp<ClipOp>();
  scale = 6;
  return clip && clip.getLow().isZero() &&
         clip.getHigh().convertToFloat() == 6.0f &&
         besides(clip.getInput(), 3) == x;
}

struct RecognizeHardSwish : OpInterfaceRewritePattern<ElementwiseInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;
  LogicalResult matchAndRewrite(ElementwiseInterface op,
                                PatternRewriter &rewriter) const override {
    if (!isa<MulOp, DivOp>(op.getOperation()))
      return rewriter.notifyMatchFailure(op, "is no product");
    Value result = op->getResult(0);
    for (Value gate : flattenProduct(result).values) {
      Operation *inner = gate.getDefiningOp();
      if (!inner || !isa<HardSigmoidOp, ClipOp>(inner))
        continue;
      Value x = inner->getOperand(0);
      if (Value shifted = isa<ClipOp>(inner) ? besides(x, 3) : Value())
        x = shifted;
      double scale;
      Product product = flattenProduct(result, x);
      if (product.values.size() == 2 && llvm::is_contained(product.values, x) &&
          llvm::is_contained(product.values, gate) && x != gate &&
          x.getType() == result.getType() && isHardGate(gate, x, scale) &&
          isAbout(product.factor * scale, 1)) {
        rewriter.replaceOpWithNewOp<HardSwishOp>(op, result.getType(), x);
        return success();
      }
    }
    return rewriter.notifyMatchFailure(op, "is no hard swish");
  }
};
} // namespace

void quantir::populateActivationPatterns(RewritePatternSet &patterns) {
  patterns.add<RecognizeGelu, RecognizeSilu, RecognizeDividedSigmoid,
               RecognizeInvertedSigmoid, RecognizeHardSwish>(
      patterns.getContext());
}
