// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @is_exact_at_zero_and_saturates
// CHECK: quantir.constant dense<[1.000000e+00, 0.000000e+00, 0x7F800000]>
func.func @is_exact_at_zero_and_saturates() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, -100.0, 100.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.exp %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

