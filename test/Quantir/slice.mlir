// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @every_other_column
// CHECK{LITERAL}: quantir.constant dense<[[1, 3], [-4, -6]]>
func.func @every_other_column() -> tensor<2x2xi32> {
  %x = quantir.constant dense<[[1, 2, 3], [-4, -5, -6]]> : tensor<2x3xi32> -> tensor<2x3xi32>
  %y = quantir.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 2>} : tensor<2x3xi32> -> tensor<2x2xi32>
  return %y : tensor<2x2xi32>
}

// CHECK-LABEL: @backwards
// CHECK{LITERAL}: quantir.constant dense<[[-6, -5, -4], [3, 2, 1]]>
func.func @backwards() -> tensor<2x3xi32> {
  %x = quantir.constant dense<[[1, 2, 3], [-4, -5, -6]]> : tensor<2x3xi32> -> tensor<2x3xi32>
  %y = quantir.slice %x {offsets = array<i64: 1, 2>, sizes = array<i64: 2, 3>, steps = array<i64: -1, -1>} : tensor<2x3xi32> -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

