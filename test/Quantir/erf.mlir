// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @saturates
// CHECK: quantir.constant dense<[0.000000e+00, 1.000000e+00, -1.000000e+00]>
func.func @saturates() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, 9.0, -9.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.erf %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

