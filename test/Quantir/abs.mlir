// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.500000e+00, 2.000000e+00, 0.000000e+00]>
func.func @floats() -> tensor<3xf32> {
  %x = quantir.constant dense<[1.5, -2.0, -0.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.abs %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @wraps
// CHECK: quantir.constant dense<[5, -128]>
func.func @wraps() -> tensor<2xi8> {
  %x = quantir.constant dense<[-5, -128]> : tensor<2xi8> -> tensor<2xi8>
  %y = quantir.abs %x : tensor<2xi8> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

