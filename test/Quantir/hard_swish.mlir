// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @is_linear_beyond_three
// CHECK: quantir.constant dense<[4.000000e+00, -0.000000e+00, 0.000000e+00]>
func.func @is_linear_beyond_three() -> tensor<3xf32> {
  %x = quantir.constant dense<[4.0, -4.0, 0.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.hard_swish %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

