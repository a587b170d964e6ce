// RUN: quant-opt %s --quantir-interpret | FileCheck %s
// RUN: quant-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

// CHECK-LABEL: @matrix
// CHECK{LITERAL}: quantir.constant dense<[[1, -4], [2, -5], [3, -6]]>
func.func @matrix() -> tensor<3x2xi32> {
  %x = quantir.constant dense<[[1, 2, 3], [-4, -5, -6]]> : tensor<2x3xi32> -> tensor<2x3xi32>
  %y = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<2x3xi32> -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

// CHECK-LABEL: @rotates_three_dimensions
// CHECK{LITERAL}: quantir.constant dense<[[[1, 4]], [[2, 5]], [[3, 6]]]>
func.func @rotates_three_dimensions() -> tensor<3x1x2xi8> {
  %x = quantir.constant dense<[[[1, 2, 3], [4, 5, 6]]]> : tensor<1x2x3xi8> -> tensor<1x2x3xi8>
  %y = quantir.transpose %x {permutation = array<i64: 2, 0, 1>} : tensor<1x2x3xi8> -> tensor<3x1x2xi8>
  return %y : tensor<3x1x2xi8>
}

// FOLD-LABEL: @joins_two
// FOLD-SAME:    (%[[X:.*]]: tensor<2x3x5xf32>)
func.func @joins_two(%x: tensor<2x3x5xf32>) -> tensor<5x2x3xf32> {
  // FOLD-NEXT: %[[Y:.*]] = quantir.transpose %[[X]] {permutation = array<i64: 2, 0, 1>}
  // FOLD-NEXT: return %[[Y]]
  %a = quantir.transpose %x {permutation = array<i64: 1, 2, 0>} : tensor<2x3x5xf32> -> tensor<3x5x2xf32>
  %b = quantir.transpose %a {permutation = array<i64: 1, 2, 0>} : tensor<3x5x2xf32> -> tensor<5x2x3xf32>
  return %b : tensor<5x2x3xf32>
}

// FOLD-LABEL: @drops_there_and_back
// FOLD-SAME:    (%[[X:.*]]: tensor<2x3x5xf32>)
func.func @drops_there_and_back(%x: tensor<2x3x5xf32>) -> tensor<2x3x5xf32> {
  // FOLD-NEXT: return %[[X]]
  %a = quantir.transpose %x {permutation = array<i64: 1, 2, 0>} : tensor<2x3x5xf32> -> tensor<3x5x2xf32>
  %b = quantir.transpose %a {permutation = array<i64: 2, 0, 1>} : tensor<3x5x2xf32> -> tensor<2x3x5xf32>
  return %b : tensor<2x3x5xf32>
}
