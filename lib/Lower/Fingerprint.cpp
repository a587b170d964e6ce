#include "quantir/Lower/Fingerprint.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace quantir;

Attribute quantir::numberOf(Operation *op) {
  auto constant = dyn_cast<arith::ConstantOp>(op);
  if (!constant)
    return {};
  Attribute value = constant.getValue();
  if (auto lanes = dyn_cast<SplatElementsAttr>(value))
    value = lanes.getSplatValue<Attribute>();
  Type type = getElementTypeOrSelf(constant.getType());
  bool number = type.isF32() || type.isInteger(8) || type.isInteger(32);
  return number && isa<FloatAttr, IntegerAttr>(value) ? value : Attribute();
}

void Fingerprint::count(size_t number) {
  code.push_back(reinterpret_cast<const void *>(number));
}

void Fingerprint::addRegion(Region &region) {
  count(region.getBlocks().size());
  for (Block &block : region)
    numbers.try_emplace(&block, numbers.size());
  for (Block &block : region) {
    count(block.getNumArguments());
    for (BlockArgument argument : block.getArguments())
      define(argument);
    count(block.getOperations().size());
    for (Operation &op : block)
      addOperation(op);
  }
}

void Fingerprint::addOperation(Operation &op) {
  add(op.getName());
  count(op.getNumOperands());
  for (Value operand : op.getOperands())
    count(numbers.lookup(operand.getAsOpaquePointer()));
  for (Block *next : op.getSuccessors())
    count(numbers.lookup(next));
  count(op.getNumResults());
  for (Value result : op.getResults())
    define(result);
  if (Attribute value = parameterOf(&op)) {
    parameters.push_back({&op, value});
  } else {
    add(op.getDiscardableAttrDictionary());
    add(op.getPropertiesAsAttribute());
  }
  count(op.getNumRegions());
  for (Region &inner : op.getRegions())
    addRegion(inner);
}

void Fingerprint::define(Value value) {
  add(value.getType());
  numbers.try_emplace(value.getAsOpaquePointer(), numbers.size());
}
