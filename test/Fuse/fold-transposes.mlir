// RUN: quant-opt %s -split-input-file -quantir-fold-transposes | FileCheck %s

// CHECK-LABEL: @reads_transposed
// CHECK-SAME:  (%[[Q:.*]]: tensor<2x5x8xf32>, %[[K:.*]]: tensor<2x7x8xf32>)
// CHECK-NEXT:  quantir.matmul %[[Q]], %[[K]] {transpose_rhs}
func.func @reads_transposed(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) -> tensor<2x5x7xf32> {
  %t = quantir.transpose %k {permutation = array<i64: 0, 2, 1>} : tensor<2x7x8xf32> -> tensor<2x8x7xf32>
  %s = quantir.matmul %q, %t : tensor<2x5x8xf32>, tensor<2x8x7xf32> -> tensor<2x5x7xf32>
  return %s : tensor<2x5x7xf32>
}

// -----

// CHECK-LABEL: @transposes_back
// CHECK-SAME:  (%[[Q:.*]]: tensor<5x8xf32>, %[[K:.*]]: tensor<8x7xf32>)
// CHECK-NEXT:  quantir.matmul %[[Q]], %[[K]] :
func.func @transposes_back(%q: tensor<5x8xf32>, %k: tensor<8x7xf32>) -> tensor<5x7xf32> {
  %t = quantir.transpose %k {permutation = array<i64: 1, 0>} : tensor<8x7xf32> -> tensor<7x8xf32>
  %s = quantir.matmul %q, %t {transpose_rhs} : tensor<5x8xf32>, tensor<7x8xf32> -> tensor<5x7xf32>
  return %s : tensor<5x7xf32>
}

// -----

// CHECK-LABEL: @keeps_what_moves_more
// CHECK-NEXT:  quantir.transpose
func.func @keeps_what_moves_more(%q: tensor<2x5x8xf32>, %k: tensor<7x2x8xf32>) -> tensor<2x5x7xf32> {
  %t = quantir.transpose %k {permutation = array<i64: 1, 2, 0>} : tensor<7x2x8xf32> -> tensor<2x8x7xf32>
  %s = quantir.matmul %q, %t : tensor<2x5x8xf32>, tensor<2x8x7xf32> -> tensor<2x5x7xf32>
  return %s : tensor<2x5x7xf32>
}

// -----

// CHECK-LABEL: @keeps_what_others_read
// CHECK-NEXT:  quantir.transpose
func.func @keeps_what_others_read(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>) -> (tensor<5x7xf32>, tensor<8x7xf32>) {
  %t = quantir.transpose %k {permutation = array<i64: 1, 0>} : tensor<7x8xf32> -> tensor<8x7xf32>
  %s = quantir.matmul %q, %t : tensor<5x8xf32>, tensor<8x7xf32> -> tensor<5x7xf32>
  return %s, %t : tensor<5x7xf32>, tensor<8x7xf32>
}
