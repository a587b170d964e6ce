// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @ties_go_to_even
// CHECK: quantir.constant dense<[0.000000e+00, 2.000000e+00, 2.000000e+00, -2.000000e+00, -2.000000e+00, {{.*}}]>
func.func @ties_go_to_even() -> tensor<6xf32> {
  %x = quantir.constant dense<[0.5, 1.5, 2.5, -1.5, -2.5, 8388609.0]> : tensor<6xf32> -> tensor<6xf32>
  %y = quantir.round %x : tensor<6xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

