#ifndef QUANTIR_LIB_IMPORT_OPERATORS_H
#define QUANTIR_LIB_IMPORT_OPERATORS_H

#include "NodeImport.h"

namespace quantir {

/// How an ONNX operator becomes ops. Other domains than ONNX's own stand before
/// the name: `com.microsoft.Gelu`.
struct Operator {
  llvm::StringLiteral name;
  unsigned minInputs; ///< this many may not be left out
  unsigned maxInputs;
  mlir::LogicalResult (*import)(NodeImport &node);
};

constexpr unsigned anyNumber = ~0u;

// One table for each family, in the file of that name.
llvm::ArrayRef<Operator> constantOperators();
llvm::ArrayRef<Operator> elementwiseOperators();
llvm::ArrayRef<Operator> activationOperators();
llvm::ArrayRef<Operator> windowOperators();
llvm::ArrayRef<Operator> productOperators();
llvm::ArrayRef<Operator> normalizationOperators();
llvm::ArrayRef<Operator> attentionOperators();
llvm::ArrayRef<Operator> contribAttentionOperators();
llvm::ArrayRef<Operator> rotaryOperators();
llvm::ArrayRef<Operator> reductionOperators();
llvm::ArrayRef<Operator> shapeOperators();
llvm::ArrayRef<Operator> selectionOperators();
llvm::ArrayRef<Operator> resizeOperators();
llvm::ArrayRef<Operator> quantizationOperators();

/// The operator of this domain ("" for ONNX's own) and name, or null.
const Operator *findOperator(llvm::StringRef domain, llvm::StringRef name);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_OPERATORS_H
