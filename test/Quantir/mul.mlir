// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[7.500000e-01, -6.000000e+00]>
func.func @floats() -> tensor<2xf32> {
  %a = quantir.constant dense<[1.5, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[0.5, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.mul %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @wraps
// CHECK: quantir.constant dense<[-56, -44]>
func.func @wraps() -> tensor<2xi8> {
  %a = quantir.constant dense<[100, -100]> : tensor<2xi8> -> tensor<2xi8>
  %b = quantir.constant dense<[2, 3]> : tensor<2xi8> -> tensor<2xi8>
  %y = quantir.mul %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

