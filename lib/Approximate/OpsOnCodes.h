#ifndef QUANTIR_LIB_APPROXIMATE_OPSONCODES_H
#define QUANTIR_LIB_APPROXIMATE_OPSONCODES_H

#include "WideCodes.h"
#include "quantir/Approximate/Gelu.h"
#include "llvm/ADT/TypeSwitch.h"

/// What `quantir-eliminate-floats` makes of each operation, a file a family.
namespace quantir {

/// Why an op stays in floating point; nothing when it does not.
using Reason = std::optional<std::string>;
inline const Reason notCalibrated = "calibration did not see its result";

/// Whose arithmetic takes the place of ours.
struct ChosenForms {
  SoftmaxForm softmax = SoftmaxForm::house;
  approximate::GeluForm gelu = approximate::GeluForm::Table;
  NormForm norm = NormForm::house;
};

/// The function in work: where ops are made, and the codes known so far.
struct OnCodes {
  explicit OnCodes(mlir::MLIRContext *context, const ChosenForms &forms = {})
      : builder(context), codes(builder), forms(forms) {}

  mlir::OpBuilder builder;
  WideCodes codes;
  ChosenForms forms;
};

// Each defines the codes of its op's result, or tells why it cannot.

// ArithmeticOnCodes.cpp
Reason convert(OnCodes &on, AddOp op);
Reason convert(OnCodes &on, SubOp op);
Reason convert(OnCodes &on, MulOp op);
Reason convert(OnCodes &on, DivOp op);
Reason convert(OnCodes &on, ReciprocalOp op);
Reason convert(OnCodes &on, SqrtOp op);
/// True for 1 / y that a product alone reads, which converts both.
bool isDeferredQuotient(mlir::Operation *op);

// SelectionOnCodes.cpp
Reason convert(OnCodes &on, MaxOp op);
Reason convert(OnCodes &on, MinOp op);
Reason convert(OnCodes &on, SelectOp op);
Reason convert(OnCodes &on, CompareOp op);
Reason convert(OnCodes &on, CastOp op);
Reason convert(OnCodes &on, ReluOp op);
Reason convert(OnCodes &on, ClipOp op);
Reason convert(OnCodes &on, FloorOp op);
Reason convert(OnCodes &on, CeilOp op);
Reason convert(OnCodes &on, RoundOp op);
/// Ops that rearrange or select elements.
Reason convertMovement(OnCodes &on, mlir::Operation *op);

// RowsOnCodes.cpp
Reason convert(OnCodes &on, SoftmaxOp op);
Reason convert(OnCodes &on, LayerNormOp op);
Reason convert(OnCodes &on, RmsNormOp op);
Reason convert(OnCodes &on, ReduceOp op);

// ImagesOnCodes.cpp
Reason convert(OnCodes &on, AvgPoolOp op);
Reason convert(OnCodes &on, ResizeOp op);

// ChainsOnCodes.cpp
/// True where a table holds the function that ends in `op`.
bool endsChain(mlir::Operation *op);
/// True when the only reader of `op` makes a table of both.
bool isJoined(mlir::Operation *op);
Reason convertChain(OnCodes &on, mlir::Operation *op);

/// How far the codes of `op` are from what it computes, at most.
void remarkCertificate(mlir::Operation *op, double stepsOff,
                       llvm::StringRef how);

} // namespace quantir

#endif // QUANTIR_LIB_APPROXIMATE_OPSONCODES_H
