// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[3.000000e+00, -1.000000e+00]>
func.func @floats() -> tensor<2xf32> {
  %x = quantir.constant dense<[3.0, -4.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.leaky_relu %x {alpha = 0.25 : f32} : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

