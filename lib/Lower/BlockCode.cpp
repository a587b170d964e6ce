#include "BlockCode.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace quantir;

/// What a product of single vectors takes for each block's.
static constexpr double kSlower = 8;
/// Fewer rows than this do not repay loading the weights of a block.
static constexpr int64_t kLeastRows = 8;
/// From this share of their registers on, blocks are worth while.
static constexpr double kLeastFilled = 0.25;

Value BlockCode::constant(int64_t value, unsigned bits) {
  return arith::ConstantIntOp::create(b, value, bits);
}

Value BlockCode::address(Value buffer, Value offset) {
  Type element = cast<MemRefType>(buffer.getType()).getElementType();
  Value start = memref::ExtractAlignedPointerAsIndexOp::create(b, buffer);
  Value place = kernel.add(
      start, kernel.mul(offset, element.getIntOrFloatBitWidth() / 8));
  Value number = arith::IndexCastOp::create(b, b.getI64Type(), place);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                  number);
}

Value BlockCode::call(StringRef name, ValueRange operands) {
  Type type = LLVM::LLVMX86AMXType::get(b.getContext());
  return callIntrinsic(b, name, type, operands);
}

Value BlockCode::zero(int64_t rows) {
  return call("llvm.x86.tilezero.internal",
              {constant(rows, 16), constant(bytes, 16)});
}

Value BlockCode::load(Value buffer, Value offset, int64_t rows,
                      int64_t stride) {
  return call("llvm.x86.tileloadd64.internal",
              {constant(rows, 16), constant(bytes, 16), address(buffer, offset),
               constant(stride, 64)});
}

Value BlockCode::step(int64_t rows, Value sums, Value left, Value right) {
  return call(tile.intrinsic, {constant(rows, 16), constant(bytes, 16),
                               constant(bytes, 16), sums, left, right});
}

void BlockCode::store(Value sums, int64_t rows, Value buffer, Value offset,
                      int64_t stride) {
  LLVM::CallIntrinsicOp::create(
      b, b.getStringAttr("llvm.x86.tilestored64.internal"),
      ValueRange{constant(rows, 16), constant(bytes, 16),
                 address(buffer, offset), constant(stride, 64), sums});
}

std::optional<TilePlan> quantir::planBlocks(const ContractionShape &shape,
                                            const InnerTile &tile,
                                            const InnerTile &rest) {
  TilePlan plan{rest.lanes, rest.depth, 1, 1, shape.columns};
  plan.wholeSteps = tile.depth / rest.depth;
  plan.vectors = std::min<int64_t>(2, plan.totalVectors());
  plan.cost = std::numeric_limits<double>::infinity();
  // Rows cost the same in blocks of any height, and blocks something of their
  // own; rows that are left are slow.
  for (int64_t height = BlockCode::mostRows; height >= kLeastRows; --height) {
    if (height > shape.rows)
      continue;
    int64_t left = shape.rows % height;
    double cost = double(shape.rows - left) * (1 + 4.0 / double(height)) +
                  double(left) * kSlower;
    if (cost < plan.cost) {
      plan.cost = cost;
      plan.blockRows = height;
    }
  }
  if (!plan.blockRows)
    return std::nullopt;
  plan.rows = plan.blockRows * (shape.rows >= 2 * plan.blockRows ? 2 : 1);
  double depth = double(shape.runLength) /
                 double(llvm::alignTo(shape.runLength, tile.depth));
  double columns =
      double(shape.columns) / double(plan.totalVectors() * plan.lanes);
  if (depth * columns * double(shape.rows) / plan.cost < kLeastFilled)
    return std::nullopt;
  plan.cost *= double(shape.groups * plan.totalVectors() * shape.outerRuns *
                      shape.innerRuns * plan.steps(shape)) /
               double(plan.wholeSteps);
  return plan;
}
