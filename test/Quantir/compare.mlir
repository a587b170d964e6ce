// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @eq_of_floats
// CHECK: quantir.constant dense<[false, true, false, false]>
func.func @eq_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <eq> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @ne_of_floats
// CHECK: quantir.constant dense<[true, false, true, true]>
func.func @ne_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <ne> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @lt_of_floats
// CHECK: quantir.constant dense<[true, false, false, false]>
func.func @lt_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <lt> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @le_of_floats
// CHECK: quantir.constant dense<[true, true, false, false]>
func.func @le_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <le> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @gt_of_floats
// CHECK: quantir.constant dense<[false, false, true, false]>
func.func @gt_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <gt> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @ge_of_floats
// CHECK: quantir.constant dense<[false, true, true, false]>
func.func @ge_of_floats() -> tensor<4xi1> {
  %a = quantir.constant dense<[1.0, 2.0, -3.0, 0x7FC00000]> : tensor<4xf32> -> tensor<4xf32>
  %b = quantir.constant dense<[2.0, 2.0, -4.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.compare <ge> %a, %b : tensor<4xf32>, tensor<4xf32> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// CHECK-LABEL: @signed_integers
// CHECK: quantir.constant dense<[true, false]>
func.func @signed_integers() -> tensor<2xi1> {
  %a = quantir.constant dense<[-1, 5]> : tensor<2xi64> -> tensor<2xi64>
  %b = quantir.constant dense<[0, 5]> : tensor<2xi64> -> tensor<2xi64>
  %y = quantir.compare <lt> %a, %b : tensor<2xi64>, tensor<2xi64> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

// CHECK-LABEL: @unsigned_integers
// CHECK: quantir.constant dense<[true, false]>
func.func @unsigned_integers() -> tensor<2xi1> {
  %a = quantir.constant dense<[200, 5]> : tensor<2xui8> -> tensor<2xui8>
  %b = quantir.constant dense<[100, 5]> : tensor<2xui8> -> tensor<2xui8>
  %y = quantir.compare <gt> %a, %b : tensor<2xui8>, tensor<2xui8> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

// CHECK-LABEL: @truths
// CHECK: quantir.constant dense<[true, false]>
func.func @truths() -> tensor<2xi1> {
  %a = quantir.constant dense<[true, false]> : tensor<2xi1> -> tensor<2xi1>
  %b = quantir.constant dense<[true, true]> : tensor<2xi1> -> tensor<2xi1>
  %y = quantir.compare <eq> %a, %b : tensor<2xi1>, tensor<2xi1> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

