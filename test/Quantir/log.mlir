// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @is_exact_at_one_and_infinite_at_zero
// CHECK: quantir.constant dense<[0.000000e+00, 0xFF800000]>
func.func @is_exact_at_one_and_infinite_at_zero() -> tensor<2xf32> {
  %x = quantir.constant dense<[1.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.log %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

