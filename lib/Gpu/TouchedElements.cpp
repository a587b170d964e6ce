#include "TouchedElements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SPIRV/IR/TargetAndABI.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/InferIntRangeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

static ConstantIntRanges rangeUpTo(int64_t first, int64_t count) {
  return ConstantIntRanges::fromUnsigned(APInt(64, first),
                                         APInt(64, first + count - 1));
}

namespace {
/// What values can be where an access stands, while the groups of a box run.
class Ranges {
public:
  Ranges(Operation *access, const GroupBox &box) : box(box) {
    Operation *inner = access;
    while (Operation *outer = inner->getParentOp()) {
      auto conditional = dyn_cast<scf::IfOp>(outer);
      if (conditional && inner->getBlock() == conditional.thenBlock())
        assume(conditional.getCondition());
      inner = outer;
    }
  }

  ConstantIntRanges of(Value value) {
    auto place = known.find(value);
    if (place != known.end())
      return place->second;
    ConstantIntRanges range = compute(value);
    for (const auto &[smaller, bound] : less)
      if (smaller == value)
        range = narrowed(range, bound);
    known.try_emplace(value, range);
    return range;
  }

  /// False once a condition is known not to hold.
  bool isReached = true;

private:
  /// Notes comparisons with constants.
  void assume(Value condition) {
    if (auto both = condition.getDefiningOp<arith::AndIOp>()) {
      assume(both.getLhs());
      assume(both.getRhs());
    }
    auto compare = condition.getDefiningOp<arith::CmpIOp>();
    APInt bound;
    if (compare && compare.getPredicate() == arith::CmpIPredicate::ult &&
        matchPattern(compare.getRhs(), m_ConstantInt(&bound)) &&
        !bound.isZero())
      less.push_back({compare.getLhs(), bound});
  }

  ConstantIntRanges narrowed(const ConstantIntRanges &range,
                             const APInt &bound) {
    APInt zero(bound.getBitWidth(), 0);
    ConstantIntRanges both =
        range.intersection(ConstantIntRanges::fromUnsigned(zero, bound - 1));
    if (both.umin().ule(both.umax()) && both.smin().sle(both.smax()))
      return both;
    isReached = false;
    return range;
  }

  ConstantIntRanges compute(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return ofArgument(argument);
    return llvm::TypeSwitch<Operation *, ConstantIntRanges>(
               value.getDefiningOp())
        .Case([&](gpu::BlockIdOp id) {
          auto dimension = unsigned(id.getDimension());
          return rangeUpTo(box.first[dimension], box.count[dimension]);
        })
        .Case([&](gpu::ThreadIdOp id) {
          return rangeUpTo(0, threadsOf(id)[unsigned(id.getDimension())]);
        })
        .Case([&](scf::IfOp conditional) {
          unsigned number = cast<OpResult>(value).getResultNumber();
          return of(conditional.thenYield().getOperand(number))
              .rangeUnion(of(conditional.elseYield().getOperand(number)));
        })
        .Case<arith::DivUIOp, arith::RemUIOp>([&](auto op) {
          // What lies before 0 wraps around in 32 bits, not in the 64 of these
          // ranges.
          if (of(op.getLhs()).smin().isNegative())
            return unknown(value);
          return inferred(cast<InferIntRangeInterface>(op.getOperation()),
                          value);
        })
        .Case([&](InferIntRangeInterface op) { return inferred(op, value); })
        .Default([&](Operation *) { return unknown(value); });
  }

  static ArrayRef<int32_t> threadsOf(Operation *op) {
    auto function = op->getParentOfType<gpu::GPUFuncOp>();
    auto abi = function->getAttrOfType<spirv::EntryPointABIAttr>(
        spirv::getEntryPointABIAttrName());
    return abi.getWorkgroupSize().asArrayRef();
  }

  static ConstantIntRanges unknown(Value value) {
    return ConstantIntRanges::maxRange(
        ConstantIntRanges::getStorageBitwidth(value.getType()));
  }

  ConstantIntRanges ofArgument(BlockArgument argument) {
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    if (!loop || argument != loop.getInductionVar())
      return unknown(argument);
    APInt low = of(loop.getLowerBound()).smin();
    APInt high = of(loop.getUpperBound()).smax();
    if (low.slt(high))
      return ConstantIntRanges::fromSigned(low, high - 1);
    isReached = false;
    return unknown(argument);
  }

  ConstantIntRanges inferred(InferIntRangeInterface op, Value value) {
    SmallVector<ConstantIntRanges> operands;
    for (Value operand : op->getOperands())
      operands.push_back(of(operand));
    ConstantIntRanges found = unknown(value);
    op.inferResultRanges(operands,
                         [&](Value result, const ConstantIntRanges &range) {
                           if (result == value)
                             found = range;
                         });
    return found;
  }

  const GroupBox &box;
  DenseMap<Value, ConstantIntRanges> known;
  /// Values that are below a number, unsigned.
  SmallVector<std::pair<Value, APInt>> less;
};
} // namespace

ElementRange quantir::touchedElements(Operation *access, Value index,
                                      int64_t size, const GroupBox &box) {
  Ranges ranges(access, box);
  ConstantIntRanges range = ranges.of(index);
  if (!ranges.isReached)
    return {0, 0};
  // The index is in the buffer, so that both ways to read it count.
  int64_t begin = std::max<int64_t>(0, range.smin().getSExtValue());
  begin = std::max<int64_t>(begin, range.umin().getLimitedValue(size));
  int64_t end = std::min<int64_t>(size - 1, range.smax().getSExtValue());
  end = std::min<int64_t>(end, range.umax().getLimitedValue(size));
  return {begin, end + 1};
}
