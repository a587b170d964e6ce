#ifndef QUANTIR_APPROXIMATE_PASSES_TD
#define QUANTIR_APPROXIMATE_PASSES_TD

include "mlir/Pass/PassBase.td"

def EliminateFloatsPass : Pass<"quantir-eliminate-floats", "mlir::func::FuncOp"> {
  let summary = "Compute on codes what quantization left in floating point";
  let description = [{
    Every f32 value between the codes that `quantir-quantize` made becomes codes as well: of 16 bits, symmetric, with one bit of headroom over what
    calibration saw (`quantir.extent`), or of the 8 bits that its only readers quantize it to. Sums, products, quotients, softmax and layer norm have forms on
    codes; any chain of functions of one variable becomes a table (`quantir.lookup` from 8 bits to 8, else `quantir.interpolate`), whose
    certificate the remark `Certificate` prints; rescaling is done with integers (`q31`). What has no such form stays in floating point between
    a dequantize and a quantize, and a `StaysFloat` remark says why.

    ```mlir
    func.func @main(%acc: tensor<4x!quant.uniform<i32:f32, 0.001>>) -> tensor<4x!quant.uniform<u8:f32, 0.02:9>> {
      %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!quant.uniform<i32:f32, 0.001>> -> tensor<4xf32>
      %y = quantir.gelu %x {quantir.extent = array<f64: -0.17, 4.0>} : tensor<4xf32> -> tensor<4xf32>
      %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.02:9>>
      return %q : tensor<4x!quant.uniform<u8:f32, 0.02:9>>
    }
    ```
    becomes a `requantize {q31}` to 16 bits and an `interpolate` to 8.
  }];
  let options = [
    Option<"softmax", "softmax", "std::string", "\"house\"", "Whose integer softmax; the names are those of lib/Approximate.">,
    Option<"gelu", "gelu", "std::string", "\"table\"", "Whose integer GELU.">,
    Option<"norm", "norm", "std::string", "\"house\"", "Whose integer layer norm.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def TabulateFunctionsPass : Pass<"quantir-tabulate-functions", "mlir::func::FuncOp"> {
  let summary = "Functions whose results are 8-bit codes become piecewise quadratics";
  let description = [{
    A chain of f32 functions of one variable with a transcendental one among them, read by a `quantize` to 8 bits alone, becomes a
    `quantir.piecewise` when that is nowhere more than an eighth of a step off before rounding; the remark `Certificate` says how far. With
    a product by factors of the channels in between, it is one in f32.

    ```mlir
    func.func @main(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.02:9>> {
      %y = quantir.gelu %x : tensor<4xf32> -> tensor<4xf32>
      %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.02:9>>
      return %q : tensor<4x!quant.uniform<u8:f32, 0.02:9>>
    }
    ```
    becomes one operation.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def VerifyIntegerOnlyPass : Pass<"quantir-verify-integer-only", "mlir::func::FuncOp"> {
  let summary = "Refuse floating point between input quantization and output dequantization";
  let description = [{
    An error at every op that computes in f32. Allowed are constants, `quantize` of what comes from the arguments and `dequantize` of what is returned, with
    nothing but moved elements in between, and the constants of a layer norm on codes.

    ```mlir
    func.func @main(%x: tensor<4x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<4xf32> {
      %y = quantir.dequantize %x : tensor<4x!quant.uniform<u8:f32, 0.5:3>> -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
    is accepted.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_APPROXIMATE_PASSES_TD
