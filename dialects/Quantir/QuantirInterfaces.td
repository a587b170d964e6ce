#ifndef QUANTIR_INTERFACES_TD
#define QUANTIR_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Quantir_QuantizationInterface : OpInterface<"QuantizationInterface"> {
  let cppNamespace = "::quantir";
  let description = [{
    What quantization may do with an operation. Passes ask this; no pass lists op names.

    | role | meaning |
    |---|---|
    | `computes` | multiplies or sums codes: reads 8-bit codes, yields a 32-bit accumulator |
    | `same_scale` | moves or selects elements: works on codes when all its operands and results share one scale |
    | `fixed_range` | its result's range is known without calibration (softmax, sigmoid...) |
    | `float_only` | is computed in floating point |
    | `converts` | changes between representations (quantize, dequantize...) |
  }];
  let methods = [
    InterfaceMethod<"The role of this operation.",
      "::quantir::QuantizationRole", "getQuantizationRole">,
    InterfaceMethod<[{
      The operands that carry data to be quantized with a calibrated scale, in order. Weights,
      biases and indices are not among them.}],
      "::llvm::SmallVector<::mlir::OpOperand *>", "getActivationOperands", (ins), "",
      [{ return {&$_op->getOpOperand(0)}; }]>,
    InterfaceMethod<[{
      The operand with the weights when it may be quantized per output channel, else null.}],
      "::mlir::OpOperand *", "getWeightOperand", (ins), "", [{ return nullptr; }]>,
    InterfaceMethod<"The axis of the weight operand that is the output channel.",
      "int64_t", "getWeightChannelAxis", (ins), "", [{ return 0; }]>,
    InterfaceMethod<"The axis of the result that is the output channel.",
      "int64_t", "getResultChannelAxis", (ins), "",
      [{ return ::llvm::cast<::mlir::ShapedType>($_op->getResult(0).getType()).getRank() - 1; }]>,
    InterfaceMethod<[{
      The number of products (or terms) that one accumulator sums.}],
      "int64_t", "getAccumulationDepth", (ins), "", [{ return 1; }]>,
    InterfaceMethod<[{
      The range [first, second] of every element of the result when the role is `fixed_range`.}],
      "std::pair<double, double>", "getFixedRange", (ins), "", [{ return {0.0, 1.0}; }]>,
  ];
  let extraClassDeclaration = [{
    /// True for what rearranges or selects elements without computing with them.
    bool movesElements() { return getQuantizationRole() == ::quantir::QuantizationRole::same_scale; }
  }];
}

/// Ops that compute each element of the result from the elements of the operands at the same
/// (broadcast) position. Their meaning is `evaluateElementwise` in ElementwiseMath.h.
def Quantir_ElementwiseInterface : OpInterface<"ElementwiseInterface"> {
  let cppNamespace = "::quantir";
  let description = [{
    Operands broadcast as numpy does: shapes align at the right, a dimension of 1 is repeated. Tables do not: each element reads
    of them what it needs.
  }];
  let methods = [
    InterfaceMethod<"True for an operand that is a table.",
      "bool", "isTable", (ins "unsigned":$operand), "", [{ return false; }]>,
  ];
}

#endif // QUANTIR_INTERFACES_TD
