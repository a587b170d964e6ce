// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[2.500000e-01, -2.000000e+00]>
func.func @floats() -> tensor<2xf32> {
  %x = quantir.constant dense<[4.0, -0.5]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.reciprocal %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

