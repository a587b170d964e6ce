#ifndef QUANTIR_IMPORT_PASSES_TD
#define QUANTIR_IMPORT_PASSES_TD

include "mlir/Pass/PassBase.td"

def PropagateLayoutPass : Pass<"quantir-propagate-layout", "mlir::func::FuncOp"> {
  let summary = "Move transposes down until they cancel";
  let description = [{
    The importer puts every convolution between two transposes. A transpose moves behind elementwise ops, concat, pad, slice,
    reduce, expand, and reshapes that keep its dimensions apart; two that meet cancel, one that moves only dimensions of size 1 is
    a reshape, and one before a flattened matmul goes into the constant weights. The pass never leaves more transposes than it
    found: it then leaves the function alone and says so in a missed remark.

    ```mlir
    func.func @example(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
      %a = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x4x4x8xf32> -> tensor<1x8x4x4xf32>
      %b = quantir.relu %a : tensor<1x8x4x4xf32> -> tensor<1x8x4x4xf32>
      %c = quantir.transpose %b {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x8x4x4xf32> -> tensor<1x4x4x8xf32>
      return %c : tensor<1x4x4x8xf32>
    }
    ```
    keeps only the `relu`.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def RecognizePatternsPass : Pass<"quantir-recognize-patterns", "mlir::func::FuncOp"> {
  let summary = "Subgraphs that exporters write become whole operations";
  let description = [{
    * `x * sigmoid(x)` becomes `silu`; the erf, tanh and sigmoid forms of GELU `gelu`; `x * clip(x + 3, 0, 6) / 6` `hard_swish`;
      `1 / (1 + exp(-x))` `sigmoid`;
    * layer normalization, division by the root mean square, and softmax written out become `layer_norm`, `rms_norm` and `softmax`;
    * attention takes one form: scores are scaled behind `matmul(q, k) {transpose_rhs}`, and heads that share keys are groups of a
      fifth dimension in place of copies of the keys;
    * the swapped halves of a rotary embedding become one `slice`;
    * scales and shifts by channel after a convolution or matmul go into its weights and bias;
    * channels between two convolutions or products that are always zero, or that nothing reads, go, four at a time;
    * constant weights of a matmul become `[N, K]` with `transpose_rhs`;
    * maxima and minima with a constant become `relu` or `clip`; operations that change nothing go.

    Values change only by rounding. What is nearly one of these has a missed remark that says why it is none. Run it after quantir-propagate-layout, which brings scales next to their convolutions.

    ```mlir
    func.func @example(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
      %a = quantir.sigmoid %x : tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32>
      %b = quantir.mul %x, %a : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32>
      return %b : tensor<1x4x4x8xf32>
    }
    ```
    becomes one `silu`.
  }];
  let options = [Option<"anyAxis", "any-axis", "bool", "false",
                        "Normalizations of columns as well, between transposes: integers need the variance computed so, where mean(x^2) - mean(x)^2 "
                        "loses what both have in common.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_IMPORT_PASSES_TD
