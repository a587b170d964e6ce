// Why an expression that looks like a whole operation stays as it is.

#include "RecognizePatterns.h"
#include "Rewrite.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

static void remarkMissed(Operation *op, StringRef wanted,
                         const std::string &reason) {
  remark::missed(
      op->getLoc(),
      remark::RemarkOpts::name("NotRecognized").category("quantir-import"))
      << remark::add("{0} is not recognised as {1}",
                     op->getName().getStringRef(), wanted)
      << remark::reason("{0}", reason);
}

/// The mean, or sum, of squares behind `value`, perhaps divided by a constant.
static ReduceOp sumOfSquares(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getInput();
  Product product = flattenProduct(value);
  auto reduce = product.values.size() == 1
                    ? product.values[0].getDefiningOp<ReduceOp>()
                    : ReduceOp();
  bool sums = reduce && (reduce.getKind() == ReduceKind::mean ||
                         reduce.getKind() == ReduceKind::sum);
  auto square = sums ? reduce.getInput().getDefiningOp<MulOp>() : MulOp();
  return square && square.getLhs() == square.getRhs() ? reduce : ReduceOp();
}

/// sqrt(mean of squares + epsilon) that no normalization took.
static void explainRoot(SqrtOp root) {
  auto sum = root.getInput().getDefiningOp<AddOp>();
  if (!sum)
    return;
  for (auto [squares, epsilon] : {std::pair(sum.getLhs(), sum.getRhs()),
                                  std::pair(sum.getRhs(), sum.getLhs())}) {
    ReduceOp reduce = sumOfSquares(squares);
    if (!reduce)
      continue;
    std::optional<double> number = splatOf(epsilon);
    int64_t last =
        cast<RankedTensorType>(reduce.getInput().getType()).getRank() - 1;
    if (!number)
      remarkMissed(root, "normalization", "epsilon is not one constant");
    else if (*number <= 0)
      remarkMissed(root, "normalization",
                   "epsilon " + std::to_string(*number) + " is not above 0");
    else if (reduce.getAxes() != ArrayRef<int64_t>{last})
      remarkMissed(root, "normalization",
                   "the mean is not over the last dimension alone");
    else
      remarkMissed(root, "normalization",
                   "what it divides is not what is squared, or is read in "
                   "another shape");
    return;
  }
}

/// x * sigmoid(c x) with another c than 1
static void explainGate(SigmoidOp sigmoid) {
  Product inside = flattenProduct(sigmoid.getInput());
  for (Operation *user : sigmoid->getUsers())
    if (isa<MulOp>(user) && inside.values.size() == 1 && inside.factor != 1 &&
        llvm::is_contained(user->getOperands(), inside.values[0]))
      remarkMissed(user, "silu",
                   "the sigmoid is of " + std::to_string(inside.factor) +
                       " times the other factor");
}

/// e^x / sum e^x
static void explainExponential(ExpOp exp) {
  auto isSum = [](Operation *user) {
    auto reduce = dyn_cast<ReduceOp>(user);
    return reduce && reduce.getKind() == ReduceKind::sum;
  };
  auto isShare = [&](Operation *user) {
    return isa<DivOp>(user) && user->getOperand(0) == exp.getResult();
  };
  if (llvm::any_of(exp->getUsers(), isSum) &&
      llvm::any_of(exp->getUsers(), isShare))
    remarkMissed(exp, "softmax",
                 "it does not subtract the maximum of the rows that it is "
                 "summed over");
}

void quantir::explainNearMatches(Operation *function) {
  function->walk([](Operation *op) {
    if (auto root = dyn_cast<SqrtOp>(op))
      explainRoot(root);
    else if (auto sigmoid = dyn_cast<SigmoidOp>(op))
      explainGate(sigmoid);
    else if (auto exp = dyn_cast<ExpOp>(op))
      explainExponential(exp);
    else if (isa<ErfOp>(op))
      remarkMissed(op, "gelu",
                   "it is not in x / 2 * (1 + erf(x / sqrt 2)) of "
                   "one x");
  });
}
