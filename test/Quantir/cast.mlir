// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats_to_integers_truncate_and_saturate
// CHECK: quantir.constant dense<[1, -1, 127, -128, 0]>
func.func @floats_to_integers_truncate_and_saturate() -> tensor<5xi8> {
  %x = quantir.constant dense<[1.9, -1.9, 300.0, -300.0, 0x7FC00000]> : tensor<5xf32> -> tensor<5xf32>
  %y = quantir.cast %x : tensor<5xf32> -> tensor<5xi8>
  return %y : tensor<5xi8>
}

// CHECK-LABEL: @integers_wrap
// CHECK: quantir.constant dense<[44, 255]>
func.func @integers_wrap() -> tensor<2xui8> {
  %x = quantir.constant dense<[300, -1]> : tensor<2xi64> -> tensor<2xi64>
  %y = quantir.cast %x : tensor<2xi64> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

// CHECK-LABEL: @integers_to_floats
// CHECK: quantir.constant dense<[-3.000000e+00, 0x4B800000]>
func.func @integers_to_floats() -> tensor<2xf32> {
  %x = quantir.constant dense<[-3, 16777217]> : tensor<2xi32> -> tensor<2xi32>
  %y = quantir.cast %x : tensor<2xi32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @to_truths
// CHECK: quantir.constant dense<[false, true]>
func.func @to_truths() -> tensor<2xi1> {
  %x = quantir.constant dense<[0.0, -0.5]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.cast %x : tensor<2xf32> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

// CHECK-LABEL: @from_truths
// CHECK: quantir.constant dense<[0, 1]>
func.func @from_truths() -> tensor<2xi64> {
  %x = quantir.constant dense<[false, true]> : tensor<2xi1> -> tensor<2xi1>
  %y = quantir.cast %x : tensor<2xi1> -> tensor<2xi64>
  return %y : tensor<2xi64>
}

