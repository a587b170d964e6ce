// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.000000e+00, -2.000000e+00, -1.000000e+00]>
func.func @floats() -> tensor<3xf32> {
  %x = quantir.constant dense<[1.5, -1.5, -0.25]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.floor %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

