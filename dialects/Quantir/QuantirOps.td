#ifndef QUANTIR_OPS_TD
#define QUANTIR_OPS_TD

include "Quantir/QuantirDialect.td"
include "Quantir/QuantirEnums.td"
include "Quantir/QuantirInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===-- Types -----------------------------------------------------------------===//

/// What a tensor may hold: f32, bf16, f16; i64, i32, i8, ui8, i1; or `!quant.uniform` codes.
def Quantir_Tensor : Type<CPred<"::quantir::isQuantirTensor($_self)">,
    "static tensor of f32, bf16, f16, i64, i32, i8, ui8, i1 or !quant.uniform elements",
    "::mlir::RankedTensorType">;
def Quantir_FloatTensor : Type<CPred<"::quantir::isTensorOf<::mlir::Float32Type>($_self)">,
    "static tensor of f32", "::mlir::RankedTensorType">;
def Quantir_QuantizedTensor : Type<CPred<"::quantir::isTensorOf<::mlir::quant::QuantizedType>($_self)">,
    "static tensor of !quant.uniform elements", "::mlir::RankedTensorType">;
def Quantir_BoolTensor : Type<CPred<"::quantir::isQuantirTensor($_self) && "
    "::mlir::cast<::mlir::RankedTensorType>($_self).getElementType().isInteger(1)">,
    "static tensor of i1", "::mlir::RankedTensorType">;
def Quantir_IndexTensor : Type<CPred<"::quantir::isQuantirTensor($_self) && "
    "(::mlir::cast<::mlir::RankedTensorType>($_self).getElementType().isInteger(64) || "
    "::mlir::cast<::mlir::RankedTensorType>($_self).getElementType().isInteger(32))">,
    "static tensor of i64 or i32", "::mlir::RankedTensorType">;

//===-- Families --------------------------------------------------------------===//

class Quantir_Op<string mnemonic, list<Trait> traits = []>
    : Op<Quantir_Dialect, mnemonic, traits>;

/// The result shape follows from operands and attributes; the element type is the author's choice
/// among those that `verify` admits. Builders without a result type keep the operand's.
class Quantir_ShapedOp<string mnemonic, list<Trait> traits = []>
    : Quantir_Op<mnemonic, traits # [Pure, InferTypeOpAdaptorWithIsCompatible]>;

/// The op answers with its role alone, or with everything about its weights and accumulators.
def Quantir_Asks : DeclareOpInterfaceMethods<Quantir_QuantizationInterface>;
def Quantir_AsksWeights : DeclareOpInterfaceMethods<Quantir_QuantizationInterface,
    ["getActivationOperands", "getWeightOperand", "getWeightChannelAxis", "getAccumulationDepth"]>;
def Quantir_AsksDepth : DeclareOpInterfaceMethods<Quantir_QuantizationInterface, ["getAccumulationDepth"]>;
def Quantir_AsksRange : DeclareOpInterfaceMethods<Quantir_QuantizationInterface, ["getFixedRange"]>;
def Quantir_AsksAllOperands : DeclareOpInterfaceMethods<Quantir_QuantizationInterface, ["getActivationOperands"]>;

class Quantir_UnaryOp<string mnemonic, string formula, list<Trait> traits = []>
    : Quantir_ShapedOp<mnemonic, traits # [Quantir_Asks, DeclareOpInterfaceMethods<Quantir_ElementwiseInterface>]> {
  let summary = formula;
  let description = "`" # formula # [{` for every element of `input`.

    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.}] # mnemonic # [{ %x : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

/// A function of f32 alone.
class Quantir_FloatFunctionOp<string mnemonic, string formula, list<Trait> traits = []>
    : Quantir_UnaryOp<mnemonic, formula, traits> {
  let arguments = (ins Quantir_FloatTensor:$input);
  let results = (outs Quantir_FloatTensor:$result);
}

class Quantir_BinaryOp<string mnemonic, string formula, list<Trait> traits = []>
    : Quantir_ShapedOp<mnemonic, traits # [Quantir_Asks, DeclareOpInterfaceMethods<Quantir_ElementwiseInterface>]> {
  let summary = formula;
  let description = "`" # formula # [{` for every element, the operands broadcast as in numpy.
    Both operands and the result have one element type, f32 or an integer (integers wrap); only
    `and` and `or` take i1, and they no f32.

    ```mlir
    func.func @example(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
      %r = quantir.}] # mnemonic # [{ %a, %b : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
      return %r : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$lhs, Quantir_Tensor:$rhs);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)";
  let hasVerifier = 1;
}

include "Quantir/QuantirElementwiseOps.td"
include "Quantir/QuantirComputeOps.td"
include "Quantir/QuantirShapeOps.td"
include "Quantir/QuantirConversionOps.td"
include "Quantir/QuantirStructureOps.td"

#endif // QUANTIR_OPS_TD
