// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.250000e+00, -3.000000e+00]>
func.func @floats() -> tensor<2xf32> {
  %a = quantir.constant dense<[1.5, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[0.25, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.sub %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @wraps_unsigned
// CHECK: quantir.constant dense<[255, 1]>
func.func @wraps_unsigned() -> tensor<2xui8> {
  %a = quantir.constant dense<[0, 3]> : tensor<2xui8> -> tensor<2xui8>
  %b = quantir.constant dense<[1, 2]> : tensor<2xui8> -> tensor<2xui8>
  %y = quantir.sub %a, %b : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

