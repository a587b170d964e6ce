// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @saturates
// CHECK: quantir.constant dense<[0.000000e+00, 1.000000e+02]>
func.func @saturates() -> tensor<2xf32> {
  %x = quantir.constant dense<[0.0, 100.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.silu %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

