// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @saturates
// CHECK: quantir.constant dense<[5.000000e-01, 1.000000e+00, 0.000000e+00]>
func.func @saturates() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, 100.0, -100.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.sigmoid %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

