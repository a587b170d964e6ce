// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @rows
// CHECK{LITERAL}: quantir.constant dense<[[-1.000000e+00, 2.500000e+00], [-1.000000e+00, 2.500000e+00]]>
func.func @rows() -> tensor<2x2xf32> {
  %x = quantir.constant dense<[[1.0, 3.0], [-4.0, 4.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %s = quantir.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[0.0, 0.5]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.layer_norm %x, %s, %b {epsilon = 0.0 : f32} : tensor<2x2xf32>, tensor<2xf32>, tensor<2xf32> -> tensor<2x2xf32>
  return %y : tensor<2x2xf32>
}

