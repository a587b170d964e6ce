#ifndef QUANTIR_LIB_IMPORT_NODEIMPORT_H
#define QUANTIR_LIB_IMPORT_NODEIMPORT_H

#include "Rewrite.h"
#include "quantir/Import/ImportOnnx.h"

#include <optional>

namespace onnx {
class AttributeProto;
class NodeProto;
} // namespace onnx

namespace quantir {

/// One ONNX node on its way into the module: what a handler sees of the node,
/// and what it builds with.
///
/// Whatever goes wrong is reported once, where it happens, and yields a null
/// value; building on a null value yields null and says nothing. So a handler
/// composes freely and only looks before it dereferences.
class NodeImport {
public:
  NodeImport(mlir::OpBuilder &builder, mlir::Location location,
             const onnx::NodeProto &node, int64_t opset,
             mlir::ArrayRef<mlir::Value> inputs, llvm::StringRef modelPath,
             const ImportLimits &limits)
      : builder(builder), location(location), node(node), opset(opset),
        inputs(inputs), modelPath(modelPath), limits(limits) {}

  /// The version of the node's operator set.
  int64_t getOpset() const { return opset; }
  mlir::OpBuilder &getBuilder() { return builder; }
  mlir::Location getLocation() const { return location; }

  //===-- Inputs ----------------------------------------------------------===//

  size_t inputCount() const { return inputs.size(); }
  /// The `i`-th input, null when it is left out.
  mlir::Value input(size_t i) const {
    return i < inputs.size() ? inputs[i] : mlir::Value();
  }
  /// The integers of a constant input; an error, and nothing, when it is none.
  std::optional<llvm::SmallVector<int64_t>> integers(size_t i,
                                                     llvm::StringRef what);
  /// The single number of a constant input; an error when it is none.
  std::optional<double> number(size_t i, llvm::StringRef what);

  //===-- Attributes, with the value that stands for a missing one
  //---------===//

  bool has(llvm::StringRef name) const { return find(name); }
  int64_t integer(llvm::StringRef name, int64_t otherwise);
  double real(llvm::StringRef name, double otherwise);
  std::string text(llvm::StringRef name, llvm::StringRef otherwise);
  llvm::SmallVector<int64_t> integers(llvm::StringRef name,
                                      llvm::ArrayRef<int64_t> otherwise = {});
  llvm::SmallVector<float> reals(llvm::StringRef name);
  /// The tensor attribute `name` as a constant.
  mlir::Value tensor(llvm::StringRef name);
  /// A list of integers that is an input from `opset` on and an attribute
  /// before. Nothing when it is left out, or after an error.
  std::optional<llvm::SmallVector<int64_t>>
  integersSince(int64_t opset, size_t i, llvm::StringRef name);

  //===-- Building
  //----------------------------------------------------------===//

  /// An op whose result type follows from its operands.
  template <typename OpType>
  mlir::Value make(mlir::ValueRange operands,
                   llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    if (llvm::is_contained(operands, mlir::Value()))
      return {};
    mlir::FailureOr<OpType> op =
        tryCreate<OpType>(builder, location, operands, attributes);
    return mlir::failed(op) ? fail() : finish(*op);
  }
  /// An op with the result shape `shape` and element type `element`.
  template <typename OpType>
  mlir::Value makeTyped(llvm::ArrayRef<int64_t> shape, mlir::Type element,
                        mlir::ValueRange operands,
                        llvm::ArrayRef<mlir::NamedAttribute> attributes = {}) {
    return makeNamed(OpType::getOperationName(), shape, element, operands,
                     attributes);
  }
  mlir::NamedAttribute attribute(llvm::StringRef name, int64_t value);
  mlir::NamedAttribute attribute(llvm::StringRef name,
                                 llvm::ArrayRef<int64_t> values);
  mlir::NamedAttribute realAttribute(llvm::StringRef name, double value);
  mlir::NamedAttribute flag(llvm::StringRef name);

  mlir::Value constant(mlir::DenseElementsAttr value);
  mlir::Value integerConstant(llvm::ArrayRef<int64_t> values);
  /// 0, 1, ... `size` - 1 in a tensor of `shape`.
  mlir::Value positions(int64_t size, llvm::ArrayRef<int64_t> shape);
  /// A rank-0 constant of the element type of `like`.
  mlir::Value scalar(double value, mlir::Value like);
  mlir::Value splat(double value, llvm::ArrayRef<int64_t> shape,
                    mlir::Type element);
  mlir::Value reshape(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value value, llvm::ArrayRef<int64_t> permutation);
  mlir::Value expand(mlir::Value value, llvm::ArrayRef<int64_t> shape);
  mlir::Value cast(mlir::Value value, mlir::Type element);
  mlir::Value compare(ComparePredicate predicate, mlir::Value lhs,
                      mlir::Value rhs);
  mlir::Value slice(mlir::Value value, int64_t axis, int64_t offset,
                    int64_t size);
  /// Puts the dimension `axis` last (and `fromLast` back again).
  mlir::Value toLast(mlir::Value value, int64_t axis);
  mlir::Value fromLast(mlir::Value value, int64_t axis);

  //===-- Ending
  //------------------------------------------------------------===//

  /// Reports what is wrong; returns failure.
  mlir::LogicalResult refuse(const llvm::Twine &message);
  /// `refuse` unless `axis` (negative ones count from the end) is within
  /// `rank`; makes it positive.
  mlir::LogicalResult normalizeAxis(int64_t &axis, int64_t rank);
  mlir::LogicalResult yield(mlir::ValueRange values);
  llvm::ArrayRef<mlir::Value> getResults() const { return results; }
  size_t outputCount() const;
  bool isWanted(size_t output) const;

private:
  const onnx::AttributeProto *find(llvm::StringRef name) const;
  const onnx::AttributeProto *find(llvm::StringRef name, int type);
  mlir::Value makeNamed(llvm::StringRef opName, llvm::ArrayRef<int64_t> shape,
                        mlir::Type element, mlir::ValueRange operands,
                        llvm::ArrayRef<mlir::NamedAttribute> attributes);
  mlir::Value finish(mlir::Operation *op);
  mlir::Value fail() {
    broken = true;
    return {};
  }

  mlir::OpBuilder &builder;
  mlir::Location location;
  const onnx::NodeProto &node;
  int64_t opset;
  mlir::ArrayRef<mlir::Value> inputs;
  llvm::StringRef modelPath;
  const ImportLimits &limits;
  llvm::SmallVector<mlir::Value> results;
  bool broken = false;
};

/// The shape of a tensor, and its element type.
inline llvm::ArrayRef<int64_t> shapeOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getShape();
}
inline int64_t rankOf(mlir::Value value) { return shapeOf(value).size(); }
inline mlir::Type elementOf(mlir::Value value) {
  return mlir::cast<mlir::RankedTensorType>(value.getType()).getElementType();
}

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_NODEIMPORT_H
