#include "KernelFunction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "quantir/Lower/KernelName.h"

using namespace mlir;
using namespace quantir;

int64_t Lowering::lanesFor(int64_t columns) const {
  return std::min<int64_t>(
      elementLanes, std::max<int64_t>(unit.lanes, llvm::PowerOf2Ceil(columns)));
}

Value Lowering::allocate(Location location, Type storage, int64_t count) {
  auto type =
      MemRefType::get({count + kSlackBytes / bytesOfElement(storage)}, storage);
  return memref::AllocOp::create(main, location, type);
}

SmallVector<char> quantir::bytesWithSlack(DenseElementsAttr value) {
  int64_t width = bytesOfElement(getStorageType(value.getElementType()));
  int64_t count = value.getNumElements();
  SmallVector<char> bytes((count + kSlackBytes / width) * width, 0);
  if (value.getElementType().isInteger(1)) {
    for (auto [to, from] : llvm::zip(bytes, value.getValues<bool>()))
      to = from;
  } else if (value.isSplat()) {
    for (int64_t i = 0; i < count; ++i)
      llvm::copy(value.getRawData(), bytes.begin() + i * width);
  } else {
    llvm::copy(value.getRawData(), bytes.begin());
  }
  return bytes;
}

memref::GlobalOp Lowering::addGlobal(Location location,
                                     DenseElementsAttr value) {
  memref::GlobalOp &global = globalOf[value];
  if (global)
    return global;
  Type storage = getStorageType(value.getElementType());
  int64_t total =
      value.getNumElements() + kSlackBytes / bytesOfElement(storage);
  auto type = MemRefType::get({total}, storage);
  OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
  std::string name = ("constant_" + Twine(globals++)).str();
  if (outerConstants) {
    global =
        memref::GlobalOp::create(builder, location, name, StringAttr(), type,
                                 Attribute(), /*constant=*/true, IntegerAttr());
    global->setAttr(kOuterDataAttr, value);
    return global;
  }
  auto padded = DenseElementsAttr::getFromRawBuffer(
      RankedTensorType::get({total}, storage), bytesWithSlack(value));
  global = memref::GlobalOp::create(
      builder, location, name, builder.getStringAttr("private"), type, padded,
      /*constant=*/true, builder.getI64IntegerAttr(64));
  global->setAttr(kSlackAttr, builder.getUnitAttr());
  return global;
}

Value Lowering::constantBuffer(Location location, DenseElementsAttr value) {
  memref::GlobalOp global = addGlobal(location, value);
  return memref::GetGlobalOp::create(main, location, global.getType(),
                                     global.getSymName());
}

bool quantir::hasSlack(Value buffer, int64_t elements) {
  auto type = cast<MemRefType>(buffer.getType());
  int64_t spare = type.getDimSize(0) - elements;
  return spare * bytesOfElement(type.getElementType()) >= kSlackBytes;
}

KernelFunction::KernelFunction(Lowering &lowering, Location location,
                               StringRef kind, KernelAim aim)
    : IndexCode(location), shared(lowering) {
  OpBuilder builder = OpBuilder::atBlockEnd(lowering.module.getBody());
  std::string name = kernelName(lowering.kernels++, kind);
  function = func::FuncOp::create(builder, location, name,
                                  builder.getFunctionType({}, {}));
  function.setPrivate();
  if (aim == KernelAim::Size)
    function->setAttr("passthrough", builder.getStrArrayAttr({"optsize"}));
  Block *entry = function.addEntryBlock();
  entry->addArgument(builder.getIndexType(), location);
  body.setInsertionPointToStart(entry);
}

Value KernelFunction::use(Value mainBuffer) {
  Value &argument = arguments[mainBuffer];
  if (!argument)
    argument = function.getBody().front().insertArgument(
        arguments.size() - 1, mainBuffer.getType(), body.getLoc());
  return argument;
}

Value KernelFunction::constant(DenseElementsAttr value) {
  memref::GlobalOp global = shared.addGlobal(body.getLoc(), value);
  OpBuilder start = OpBuilder::atBlockBegin(&function.getBody().front());
  return memref::GetGlobalOp::create(start, body.getLoc(), global.getType(),
                                     global.getSymName());
}

Value KernelFunction::stackBuffer(MemRefType type) {
  OpBuilder start = OpBuilder::atBlockBegin(&function.getBody().front());
  return memref::AllocaOp::create(start, body.getLoc(), type,
                                  start.getI64IntegerAttr(64));
}

LaunchOp KernelFunction::launch(int64_t tiles) {
  func::ReturnOp::create(body);
  Block &entry = function.getBody().front();
  function.setFunctionType(
      FunctionType::get(body.getContext(), entry.getArgumentTypes(), {}));
  for (unsigned i = 0; i < arguments.size(); ++i)
    function.setArgAttr(i, "llvm.noalias", body.getUnitAttr());
  SmallVector<Value> operands;
  for (auto &[buffer, argument] : arguments)
    operands.push_back(buffer);
  return LaunchOp::create(shared.main, body.getLoc(), function.getSymName(),
                          tiles, operands, IntegerAttr(), IntegerAttr());
}

Value KernelFunction::loadIndex(Value buffer, Value at) {
  Value narrow = memref::LoadOp::create(body, buffer, at);
  return arith::IndexCastOp::create(body, body.getIndexType(), narrow);
}

std::pair<Value, Value> KernelFunction::share(int64_t total, int64_t tiles,
                                              int64_t grain) {
  return share(tile(), total, tiles, grain);
}

std::pair<Value, Value> KernelFunction::share(Value tile, int64_t total,
                                              int64_t tiles, int64_t grain) {
  if (tiles == 1)
    return {index(0), index(total)};
  int64_t chunk =
      llvm::divideCeil(llvm::divideCeil(total, grain), tiles) * grain;
  Value low = min(mul(tile, chunk), index(total));
  return {low, min(add(low, chunk), index(total))};
}

Value quantir::callIntrinsic(ImplicitLocOpBuilder &b, const Twine &name,
                             Type result, ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, result, b.getStringAttr(name),
                                       operands)
      .getResult(0);
}

Value quantir::flipTopBits(ImplicitLocOpBuilder &b, Value codes) {
  auto type = cast<VectorType>(codes.getType());
  Value top = arith::ConstantOp::create(
      b, DenseElementsAttr::get(type, b.getI8IntegerAttr(-128)));
  return arith::XOrIOp::create(b, codes, top);
}

/// By stages that interleave the first half of the vectors with the second.
void quantir::transpose(ImplicitLocOpBuilder &b, SmallVectorImpl<Value> &rows) {
  auto count = int64_t(rows.size());
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < count; ++i) {
    low.push_back(i / 2 + i % 2 * count);
    high.push_back(low.back() + count / 2);
  }
  for (int64_t stage = 1; stage < count; stage *= 2) {
    SmallVector<Value> next;
    for (int64_t i = 0; i < count / 2; ++i)
      for (ArrayRef<int64_t> mask : {ArrayRef(low), ArrayRef(high)})
        next.push_back(
            vector::ShuffleOp::create(b, rows[i], rows[i + count / 2], mask));
    rows.assign(next);
  }
}

int64_t quantir::tilesFor(double nanoseconds, int64_t most) {
  auto tiles =
      int64_t(std::clamp(nanoseconds / kWorthSharing + 0.5, 1.0, 32.0));
  tiles = std::clamp<int64_t>(tiles, 1, std::max<int64_t>(most, 1));
  // Of three tiles, one would keep half of two cores waiting.
  return tiles < 8 ? int64_t(llvm::bit_floor(uint64_t(tiles))) : tiles;
}
