// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[2.000000e+00, 1.500000e+00]>
func.func @floats() -> tensor<2xf32> {
  %x = quantir.constant dense<[4.0, 2.25]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.sqrt %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

