// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.000000e+00, -1.000000e+00, 5.000000e-01]>
func.func @floats() -> tensor<3xf32> {
  %a = quantir.constant dense<[1.0, -2.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %b = quantir.constant dense<[-1.0, -1.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.max %a, %b : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @takes_the_right_operand_for_nan
// CHECK: quantir.constant dense<[1.000000e+00, 0x7FC00000]>
func.func @takes_the_right_operand_for_nan() -> tensor<2xf32> {
  %a = quantir.constant dense<[0x7FC00000, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[1.0, 0x7FC00000]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.max %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @unsigned
// CHECK: quantir.constant dense<[200, 4]>
func.func @unsigned() -> tensor<2xui8> {
  %a = quantir.constant dense<[200, 3]> : tensor<2xui8> -> tensor<2xui8>
  %b = quantir.constant dense<[100, 4]> : tensor<2xui8> -> tensor<2xui8>
  %y = quantir.max %a, %b : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

