// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @rows_from_both_ends
// CHECK{LITERAL}: quantir.constant dense<[[1, 2], [-5, -6], [3, 4]]>
func.func @rows_from_both_ends() -> tensor<3x2xi32> {
  %x = quantir.constant dense<[[1, 2], [3, 4], [-5, -6]]> : tensor<3x2xi32> -> tensor<3x2xi32>
  %i = quantir.constant dense<[0, -1, 1]> : tensor<3xi64> -> tensor<3xi64>
  %y = quantir.gather %x, %i {axis = 0 : i64} : tensor<3x2xi32>, tensor<3xi64> -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

// CHECK-LABEL: @clamps_indices_outside
// CHECK{LITERAL}: quantir.constant dense<[[-3, 1, 1]]>
func.func @clamps_indices_outside() -> tensor<1x3xi32> {
  %x = quantir.constant dense<[1, 2, -3]> : tensor<3xi32> -> tensor<3xi32>
  %i = quantir.constant dense<[[99, -99, -9223372036854775808]]> : tensor<1x3xi64> -> tensor<1x3xi64>
  %y = quantir.gather %x, %i {axis = 0 : i64} : tensor<3xi32>, tensor<1x3xi64> -> tensor<1x3xi32>
  return %y : tensor<1x3xi32>
}

// CHECK-LABEL: @one_column
// CHECK: quantir.constant dense<[2, 4]>
func.func @one_column() -> tensor<2xi8> {
  %x = quantir.constant dense<[[1, 2], [3, 4]]> : tensor<2x2xi8> -> tensor<2x2xi8>
  %i = quantir.constant dense<1> : tensor<i32> -> tensor<i32>
  %y = quantir.gather %x, %i {axis = 1 : i64} : tensor<2x2xi8>, tensor<i32> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

// The columns of a table keep their scales where they come to lie.
// CHECK-LABEL: @rows_of_codes
// CHECK{LITERAL}: quantir.constant dense<[[[3, -4], [1, 2]]]> : tensor<1x2x2xi8>
func.func @rows_of_codes() -> tensor<1x2x2x!quant.uniform<i8:f32:2, {0.5,0.25}>> {
  %x = quantir.constant dense<[[1, 2], [3, -4]]> : tensor<2x2xi8> -> tensor<2x2x!quant.uniform<i8:f32:1, {0.5,0.25}>>
  %i = quantir.constant dense<[[1, 0]]> : tensor<1x2xi64> -> tensor<1x2xi64>
  %y = quantir.gather %x, %i {axis = 0 : i64} : tensor<2x2x!quant.uniform<i8:f32:1, {0.5,0.25}>>, tensor<1x2xi64> -> tensor<1x2x2x!quant.uniform<i8:f32:2, {0.5,0.25}>>
  return %y : tensor<1x2x2x!quant.uniform<i8:f32:2, {0.5,0.25}>>
}
