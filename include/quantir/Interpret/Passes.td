#ifndef QUANTIR_INTERPRET_PASSES_TD
#define QUANTIR_INTERPRET_PASSES_TD

include "mlir/Pass/PassBase.td"

def FoldConstantsPass : Pass<"quantir-fold-constants", "mlir::func::FuncOp"> {
  let summary = "Compute now what depends on constants alone";
  let description = [{
    Replaces operations whose operands are all constants by their result. A result that is larger than both 16 MiB and the operands
    together stays an operation.

    ```mlir
    func.func @example() -> tensor<2xf32> {
      %a = quantir.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
      %r = quantir.relu %a : tensor<2xf32> -> tensor<2xf32> // dense<[1.0, 0.0]>
      return %r : tensor<2xf32>
    }
    ```
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_INTERPRET_PASSES_TD
