#ifndef QUANTIR_LIB_IMPORT_MODELFILE_H
#define QUANTIR_LIB_IMPORT_MODELFILE_H

#include "onnx/onnx-ml.pb.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

namespace quantir {

/// A model and the bytes that it was read from, in which the raw data of large
/// initializers stay: nearly all of a file would otherwise be in memory twice
/// before the first tensor is made of it.
class ModelFile {
public:
  /// False when `bytes`, which have to live as long, are no ONNX model.
  bool parse(llvm::StringRef bytes);

  const onnx::ModelProto &model() const { return proto; }

  /// The raw data that `tensor` left in the file, or nothing.
  llvm::StringRef dataOf(const onnx::TensorProto &tensor) const {
    return left.lookup(&tensor);
  }

  /// A matrix of f32 that only products read, as their right operand, and
  /// whose data lie in the file.
  bool isRightOperand(const onnx::TensorProto &tensor) const;

private:
  void findRightOperands();

  onnx::ModelProto proto;
  llvm::StringSet<> rightOperands;
  llvm::DenseMap<const onnx::TensorProto *, llvm::StringRef> left;
};

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_MODELFILE_H
