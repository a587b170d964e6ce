#ifndef QUANTIR_LIB_IMPORT_GRAPHIMPORT_H
#define QUANTIR_LIB_IMPORT_GRAPHIMPORT_H

#include "Operators.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace onnx {
class GraphProto;
class TensorProto;
class ValueInfoProto;
} // namespace onnx

namespace quantir {
class ModelFile;

/// Turns a parsed model into a module, node by node, and reports everything
/// that is wrong with it.
class GraphImport {
public:
  /// \param release  is called when much of the model's file was read.
  GraphImport(mlir::MLIRContext *context, const ModelFile &file,
              llvm::StringRef path, const ImportOptions &options,
              llvm::function_ref<void()> release);
  mlir::FailureOr<mlir::OwningOpRef<mlir::ModuleOp>> run();

private:
  // Each reports and counts what is wrong, and goes on.
  void readOpsets();
  void checkShapes();
  void checkOperators();
  void addInitializers();
  void addInputs();
  void addInput(const onnx::ValueInfoProto &input);
  void importNodes();
  void importNode(const onnx::NodeProto &node, unsigned index);
  void addOutputs();

  std::optional<llvm::SmallVector<int64_t>>
  inputShape(const onnx::ValueInfoProto &input);
  std::optional<llvm::SmallVector<mlir::Value>>
  findInputs(const onnx::NodeProto &node, const Operator &op,
             mlir::Location location);
  mlir::LogicalResult importWith(const Operator &op, NodeImport &import,
                                 llvm::StringRef opType);
  /// The value of an initializer; null when it is damaged.
  mlir::Value read(const onnx::TensorProto &tensor);
  mlir::Value readTransposed(const onnx::TensorProto &tensor);
  /// The value of a name: null when what made it failed; nothing when unknown.
  std::optional<mlir::Value> lookup(const std::string &name);
  void define(const std::string &name, mlir::Value value,
              mlir::Location location);
  void poisonOutputs(const onnx::NodeProto &node);
  int64_t opsetOf(llvm::StringRef domain) const;
  mlir::Location at(llvm::StringRef name) const;
  mlir::Location at(const onnx::NodeProto &node, unsigned index) const;
  mlir::InFlightDiagnostic refuse(mlir::Location location);

  mlir::MLIRContext *context;
  const ModelFile &file;
  const onnx::GraphProto &graph;
  std::string path;
  const ImportOptions &options;
  llvm::function_ref<void()> release;
  mlir::OpBuilder builder;
  mlir::func::FuncOp function;
  llvm::StringMap<int64_t> opsets;
  llvm::StringMap<const onnx::TensorProto *> initializers;
  llvm::StringMap<mlir::Value> values;
  unsigned errors = 0;
};

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_GRAPHIMPORT_H
