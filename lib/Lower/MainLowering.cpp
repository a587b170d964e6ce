#include "quantir/Lower/MainLowering.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace quantir;

func::FuncOp quantir::takeMain(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main || !llvm::hasSingleElement(main.getBody())) {
    module.emitError("has no function 'main' of one block to lower");
    return {};
  }
  main.setName("main_of_tensors");
  return main;
}

func::FuncOp quantir::createMain(func::FuncOp old,
                                 function_ref<MemRefType(Type)> bufferFor,
                                 TypeRange others) {
  SmallVector<Type> types;
  for (Type tensor : old.getArgumentTypes())
    types.push_back(bufferFor(tensor));
  for (Type tensor : old.getResultTypes())
    types.push_back(bufferFor(tensor));
  llvm::append_range(types, others);
  OpBuilder builder(old);
  auto main = func::FuncOp::create(builder, old.getLoc(), "main",
                                   builder.getFunctionType(types, {}));
  main->setAttr("quantir.outputs",
                builder.getI64IntegerAttr(old.getNumResults()));
  return main;
}

LogicalResult MainLowering::lower(func::FuncOp old, ValueRange arguments) {
  Block &block = old.getBody().front();
  Operation *terminator = block.getTerminator();
  for (auto [argument, buffer] : llvm::zip(block.getArguments(), arguments))
    buffers[argument] = buffer;
  ValueRange outputs =
      arguments.slice(block.getNumArguments(), terminator->getNumOperands());
  for (auto [result, buffer] : llvm::zip(terminator->getOperands(), outputs))
    if (result.getDefiningOp<KernelOp>())
      outputOf.try_emplace(result, buffer);
  for (Operation &op : block.without_terminator())
    if (failed(lowerOp(op)))
      return failure();
  for (auto [result, buffer] : llvm::zip(terminator->getOperands(), outputs))
    if (Value from = bufferOf(result); from != buffer)
      copy(terminator->getLoc(), result.getType(), from, buffer);
  return success();
}

LogicalResult MainLowering::lowerOp(Operation &op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](ConstantOp constant) -> LogicalResult {
        auto value = dyn_cast<DenseElementsAttr>(constant.getValue());
        if (!value)
          return constant.emitOpError("is not a dense constant");
        constants[constant] = value;
        return success();
      })
      .Case([&](ReshapeOp reshape) {
        if (DenseElementsAttr value = constants.lookup(reshape.getInput()))
          constants[reshape.getResult()] =
              value.reshape(cast<ShapedType>(value.getType())
                                .clone(reshape.getType().getShape()));
        else
          buffers[reshape.getResult()] = reshaped(reshape);
        return success();
      })
      .Case([&](KernelOp kernel) {
        for (OpResult result : kernel.getResults()) {
          Value output = outputOf.lookup(result);
          buffers[result] = output ? output : allocate(kernel, result);
        }
        return lowerKernel(kernel);
      })
      .Default([&](Operation *other) { return lowerOther(other); });
}

LogicalResult MainLowering::lowerOther(Operation *op) {
  return op->emitOpError(
      "is outside every kernel; run quantir-fuse-kernels first");
}
