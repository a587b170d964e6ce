#include "NodeImport.h"

#include "Rewrite.h"
#include "TensorData.h"
#include "onnx/onnx-ml.pb.h"
#include "quantir/Import/NodeLocation.h"

using namespace mlir;
using namespace quantir;
using onnx::AttributeProto;

//===-- Inputs ------------------------------------------------------------===//

std::optional<SmallVector<int64_t>> NodeImport::integers(size_t i,
                                                         StringRef what) {
  DenseElementsAttr elements = constantOf(input(i));
  if (!elements) {
    (void)refuse("needs " + what +
                 " that is known at compile time; give the shapes of the "
                 "inputs with --shape, or simplify the model");
    return std::nullopt;
  }
  auto type = dyn_cast<IntegerType>(elements.getElementType());
  if (!type) {
    (void)refuse("has " + what + " that is not of integers");
    return std::nullopt;
  }
  SmallVector<int64_t> values;
  for (const APInt &value : elements.getValues<APInt>())
    values.push_back(type.isUnsigned() || type.getWidth() == 1
                         ? int64_t(value.getZExtValue())
                         : value.getSExtValue());
  return values;
}

std::optional<double> NodeImport::number(size_t i, StringRef what) {
  DenseElementsAttr elements = constantOf(input(i));
  if (!elements || elements.getNumElements() != 1) {
    (void)refuse("needs " + what + " that is one number known at compile time");
    return std::nullopt;
  }
  if (elements.getElementType().isF32())
    return *elements.getValues<float>().begin();
  auto type = cast<IntegerType>(elements.getElementType());
  APInt value = *elements.getValues<APInt>().begin();
  return type.isUnsigned() ? double(value.getZExtValue())
                           : double(value.getSExtValue());
}

//===-- Attributes --------------------------------------------------------===//

const AttributeProto *NodeImport::find(StringRef name) const {
  for (const AttributeProto &attribute : node.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const AttributeProto *NodeImport::find(StringRef name, int type) {
  const AttributeProto *attribute = find(name);
  if (!attribute)
    return nullptr;
  // Files older than IR version 2 leave the type out.
  if (attribute->type() == type || !attribute->has_type())
    return attribute;
  (void)refuse("has attribute '" + name + "' of the wrong type");
  return nullptr;
}

int64_t NodeImport::integer(StringRef name, int64_t otherwise) {
  const AttributeProto *found = find(name, AttributeProto::INT);
  return found ? found->i() : otherwise;
}

double NodeImport::real(StringRef name, double otherwise) {
  const AttributeProto *found = find(name, AttributeProto::FLOAT);
  return found ? found->f() : otherwise;
}

std::string NodeImport::text(StringRef name, StringRef otherwise) {
  const AttributeProto *found = find(name, AttributeProto::STRING);
  return found ? found->s() : otherwise.str();
}

SmallVector<int64_t> NodeImport::integers(StringRef name,
                                          ArrayRef<int64_t> otherwise) {
  const AttributeProto *found = find(name, AttributeProto::INTS);
  if (!found)
    return SmallVector<int64_t>(otherwise);
  return SmallVector<int64_t>(found->ints().begin(), found->ints().end());
}

SmallVector<float> NodeImport::reals(StringRef name) {
  const AttributeProto *found = find(name, AttributeProto::FLOATS);
  if (!found)
    return {};
  return SmallVector<float>(found->floats().begin(), found->floats().end());
}

Value NodeImport::tensor(StringRef name) {
  const AttributeProto *found = find(name, AttributeProto::TENSOR);
  if (!found)
    return fail();
  auto value = readTensor(found->t(), location, modelPath, limits);
  return failed(value) ? fail() : constant(*value);
}

std::optional<SmallVector<int64_t>>
NodeImport::integersSince(int64_t since, size_t i, StringRef name) {
  if (opset >= since)
    return input(i) ? integers(i, ("an input '" + name + "'").str())
                    : std::nullopt;
  return has(name) ? std::optional(integers(name)) : std::nullopt;
}

//===-- Building ----------------------------------------------------------===//

NamedAttribute NodeImport::attribute(StringRef name, int64_t value) {
  return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
}
NamedAttribute NodeImport::attribute(StringRef name, ArrayRef<int64_t> values) {
  return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(values));
}
NamedAttribute NodeImport::realAttribute(StringRef name, double value) {
  return builder.getNamedAttr(name, builder.getF32FloatAttr(float(value)));
}
NamedAttribute NodeImport::flag(StringRef name) {
  return builder.getNamedAttr(name, builder.getUnitAttr());
}

Value NodeImport::makeNamed(StringRef opName, ArrayRef<int64_t> shape,
                            Type element, ValueRange operands,
                            ArrayRef<NamedAttribute> attributes) {
  if (llvm::is_contained(operands, Value()))
    return {};
  if (failed(countElements(shape, 8, limits))) {
    (void)refuse("has a result over the limit of " + Twine(limits.tensorBytes) +
                 " bytes");
    return {};
  }
  OperationState state(location, opName);
  state.addOperands(operands);
  state.addTypes(RankedTensorType::get(shape, element));
  if (!attributes.empty())
    state.propertiesAttr = builder.getDictionaryAttr(attributes);
  Operation *op = builder.create(state);
  if (succeeded(verify(op)))
    return finish(op);
  op->erase();
  return fail();
}

Value NodeImport::finish(Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (failed(countElements(type.getShape(), 8, limits))) {
    op->erase();
    (void)refuse("has a result over the limit of " + Twine(limits.tensorBytes) +
                 " bytes");
    return {};
  }
  return foldOp(builder, op);
}

Value NodeImport::constant(DenseElementsAttr value) {
  return ConstantOp::create(builder, location, value);
}

Value NodeImport::integerConstant(ArrayRef<int64_t> values) {
  auto type =
      RankedTensorType::get(int64_t(values.size()), builder.getI64Type());
  return constant(DenseElementsAttr::get(type, values));
}

Value NodeImport::splat(double value, ArrayRef<int64_t> shape, Type element) {
  if (failed(countElements(shape, 8, limits))) {
    (void)refuse("has a result that is negative or over the limit of " +
                 Twine(limits.tensorBytes) + " bytes");
    return {};
  }
  Attribute filler =
      element.isF32()
          ? Attribute(builder.getF32FloatAttr(float(value)))
          : Attribute(IntegerAttr::get(
                element, APInt(element.getIntOrFloatBitWidth(),
                               uint64_t(int64_t(value)), /*isSigned=*/false,
                               /*implicitTrunc=*/true)));
  return constant(
      DenseElementsAttr::get(RankedTensorType::get(shape, element), filler));
}

Value NodeImport::positions(int64_t size, ArrayRef<int64_t> shape) {
  return reshape(integerConstant(llvm::to_vector(llvm::seq<int64_t>(0, size))),
                 shape);
}

Value NodeImport::scalar(double value, Value like) {
  return like ? splat(value, {}, elementOf(like)) : Value();
}

Value NodeImport::reshape(Value value, ArrayRef<int64_t> shape) {
  if (!value || shapeOf(value) == shape)
    return value;
  return makeTyped<ReshapeOp>(shape, elementOf(value), value);
}

Value NodeImport::transpose(Value value, ArrayRef<int64_t> permutation) {
  if (!value ||
      llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return value;
  return make<TransposeOp>(value, attribute("permutation", permutation));
}

Value NodeImport::expand(Value value, ArrayRef<int64_t> shape) {
  if (!value || shapeOf(value) == shape)
    return value;
  return makeTyped<ExpandOp>(shape, elementOf(value), value);
}

Value NodeImport::compare(ComparePredicate predicate, Value lhs, Value rhs) {
  auto attribute = ComparePredicateAttr::get(builder.getContext(), predicate);
  return make<CompareOp>({lhs, rhs},
                         builder.getNamedAttr("predicate", attribute));
}

Value NodeImport::cast(Value value, Type element) {
  if (!value || elementOf(value) == element)
    return value;
  return makeTyped<CastOp>(shapeOf(value), element, value);
}

Value NodeImport::slice(Value value, int64_t axis, int64_t offset,
                        int64_t size) {
  if (!value)
    return value;
  SmallVector<int64_t> sizes(shapeOf(value)), offsets(sizes.size(), 0),
      steps(sizes.size(), 1);
  offsets[axis] = offset;
  sizes[axis] = size;
  return make<SliceOp>(value,
                       {attribute("offsets", offsets),
                        attribute("sizes", sizes), attribute("steps", steps)});
}

Value NodeImport::toLast(Value value, int64_t axis) {
  if (!value)
    return value;
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rankOf(value)));
  std::rotate(permutation.begin() + axis, permutation.begin() + axis + 1,
              permutation.end());
  return transpose(value, permutation);
}

Value NodeImport::fromLast(Value value, int64_t axis) {
  if (!value)
    return value;
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rankOf(value)));
  std::rotate(permutation.begin() + axis, permutation.end() - 1,
              permutation.end());
  return transpose(value, permutation);
}

//===-- Ending ------------------------------------------------------------===//

LogicalResult NodeImport::refuse(const Twine &message) {
  broken = true;
  return emitError(location) << message.str();
}

LogicalResult NodeImport::normalizeAxis(int64_t &axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return refuse("has axis " + Twine(axis) + " for a tensor of rank " +
                  Twine(rank));
  axis += axis < 0 ? rank : 0;
  return success();
}

size_t NodeImport::outputCount() const { return node.output_size(); }

bool NodeImport::isWanted(size_t output) const {
  return output < outputCount() && !node.output(int(output)).empty();
}

LogicalResult NodeImport::yield(ValueRange values) {
  if (broken || llvm::is_contained(values, Value()))
    return failure();
  for (size_t i = values.size(); i < outputCount(); ++i)
    if (isWanted(i))
      return refuse("is asked for output " + Twine(i) +
                    ", which is not supported; remove it from the model");
  results.assign(values.begin(), values.end());
  return success();
}
