// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[-1.000000e+00, -2.000000e+00, 5.000000e-01]>
func.func @floats() -> tensor<3xf32> {
  %a = quantir.constant dense<[1.0, -2.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %b = quantir.constant dense<[-1.0, -1.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.min %a, %b : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @takes_the_right_operand_for_nan
// CHECK: quantir.constant dense<[1.000000e+00, 0x7FC00000]>
func.func @takes_the_right_operand_for_nan() -> tensor<2xf32> {
  %a = quantir.constant dense<[0x7FC00000, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.min %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @signed
// CHECK: quantir.constant dense<[-56, 3]>
func.func @signed() -> tensor<2xi8> {
  %a = quantir.constant dense<[-56, 3]> : tensor<2xi8> -> tensor<2xi8>
  %b = quantir.constant dense<[100, 4]> : tensor<2xi8> -> tensor<2xi8>
  %y = quantir.min %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

