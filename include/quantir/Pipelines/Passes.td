#ifndef QUANTIR_PIPELINES_PASSES_TD
#define QUANTIR_PIPELINES_PASSES_TD

include "mlir/Pass/PassBase.td"

def InterpretPass : Pass<"quantir-interpret", "mlir::ModuleOp"> {
  let summary = "Run functions and show what they mean";
  let description = [{
    Computes, to the bit, what an artifact of the function would. Without files, every function without arguments (or only `function`)
    is replaced by one that returns its results:

    ```mlir
    func.func @main() -> tensor<2xf32> {
      %x = quantir.constant dense<[1.5, -2.0]> : tensor<2xf32> -> tensor<2xf32>
      %y = quantir.relu %x : tensor<2xf32> -> tensor<2xf32>
      return %y : tensor<2xf32> // dense<[1.5, 0.0]>
    }
    ```

    With `input` and `output`, `function` (by default `main`) is run on every sample of the input and the results go to the output, by the
    names in `quantir.name` (by default `input_0`, ... and `output_0`, ...). The IR stays.
  }];
  let options = [
    Option<"function", "function", "std::string", /*default=*/"", "The function to run.">,
    Option<"input", "input", "std::string", /*default=*/"", "Samples: .npz, .npy or a folder.">,
    Option<"output", "output", "std::string", /*default=*/"", "Where the results go: .npz.">,
  ];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_PIPELINES_PASSES_TD
