// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @is_linear_far_out
// CHECK: quantir.constant dense<[1.000000e+02, 0.000000e+00]>
func.func @is_linear_far_out() -> tensor<2xf32> {
  %x = quantir.constant dense<[100.0, -100.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.softplus %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

