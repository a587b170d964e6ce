// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.500000e+00, 0.000000e+00, 0.000000e+00]>
func.func @floats() -> tensor<3xf32> {
  %x = quantir.constant dense<[1.5, -1.5, -0.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.relu %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @turns_nan_into_zero
// CHECK: quantir.constant dense<[0.000000e+00, 1.000000e+00]>
func.func @turns_nan_into_zero() -> tensor<2xf32> {
  %x = quantir.constant dense<[0x7FC00000, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.relu %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @integers
// CHECK: quantir.constant dense<[5, 0]>
func.func @integers() -> tensor<2xi32> {
  %x = quantir.constant dense<[5, -5]> : tensor<2xi32> -> tensor<2xi32>
  %y = quantir.relu %x : tensor<2xi32> -> tensor<2xi32>
  return %y : tensor<2xi32>
}

