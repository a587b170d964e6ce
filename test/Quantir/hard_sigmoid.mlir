// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[5.000000e-01, 7.500000e-01, 0.000000e+00]>
func.func @floats() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, 1.0, -9.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.hard_sigmoid %x {alpha = 0.25 : f32, beta = 0.5 : f32} : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

