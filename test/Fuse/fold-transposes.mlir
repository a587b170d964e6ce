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

// -----

// CHECK-LABEL: @undoes
// CHECK-SAME:  (%[[X:.*]]: tensor<2x4x5x6xf32>)
// CHECK-NEXT:  %[[R:.*]] = quantir.reshape %[[X]] : tensor<2x4x5x6xf32> -> tensor<2x20x6xf32>
// CHECK-NEXT:  return %[[R]]
func.func @undoes(%x: tensor<2x4x5x6xf32>) -> tensor<2x20x6xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<2x4x5x6xf32> -> tensor<2x6x4x5xf32>
  %r = quantir.reshape %t : tensor<2x6x4x5xf32> -> tensor<2x6x20xf32>
  %y = quantir.transpose %r {permutation = array<i64: 0, 2, 1>} : tensor<2x6x20xf32> -> tensor<2x20x6xf32>
  return %y : tensor<2x20x6xf32>
}

// -----

// Tokens of four patches as an image, channels last.
// CHECK-LABEL: @composes
// CHECK-SAME:  (%[[X:.*]]: tensor<2x2x4x3x5xf32>)
// CHECK-NEXT:  %[[T:.*]] = quantir.transpose %[[X]] {permutation = array<i64: 2, 0, 3, 1, 4>} : tensor<2x2x4x3x5xf32> -> tensor<4x2x3x2x5xf32>
// CHECK-NEXT:  %[[R:.*]] = quantir.reshape %[[T]] : tensor<4x2x3x2x5xf32> -> tensor<8x6x5xf32>
// CHECK-NEXT:  return %[[R]]
func.func @composes(%x: tensor<2x2x4x3x5xf32>) -> tensor<8x6x5xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 4, 2, 0, 3, 1>} : tensor<2x2x4x3x5xf32> -> tensor<5x4x2x3x2xf32>
  %r = quantir.reshape %t : tensor<5x4x2x3x2xf32> -> tensor<5x8x6xf32>
  %y = quantir.transpose %r {permutation = array<i64: 1, 2, 0>} : tensor<5x8x6xf32> -> tensor<8x6x5xf32>
  return %y : tensor<8x6x5xf32>
}

// -----

// A dimension that is cut in two moves in parts.
// CHECK-LABEL: @composes_parts
// CHECK-SAME:  (%[[X:.*]]: tensor<3x8xf32>)
// CHECK-NEXT:  %[[S:.*]] = quantir.reshape %[[X]] : tensor<3x8xf32> -> tensor<3x2x4xf32>
// CHECK-NEXT:  %[[T:.*]] = quantir.transpose %[[S]] {permutation = array<i64: 2, 1, 0>} : tensor<3x2x4xf32> -> tensor<4x2x3xf32>
// CHECK-NEXT:  return %[[T]]
func.func @composes_parts(%x: tensor<3x8xf32>) -> tensor<4x2x3xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x8xf32> -> tensor<8x3xf32>
  %r = quantir.reshape %t : tensor<8x3xf32> -> tensor<2x4x3xf32>
  %y = quantir.transpose %r {permutation = array<i64: 1, 0, 2>} : tensor<2x4x3xf32> -> tensor<4x2x3xf32>
  return %y : tensor<4x2x3xf32>
}

// -----

// The first one is needed anyway; only what undoes it is for nothing.
// CHECK-LABEL: @keeps_what_follows_a_shared_transpose
// CHECK:       %[[T:.*]] = quantir.transpose
// CHECK-NEXT:  %[[R:.*]] = quantir.reshape %[[T]]
// CHECK-NEXT:  quantir.transpose %[[R]]
// CHECK-NEXT:  quantir.reshape %arg0 : tensor<3x8xf32> -> tensor<3x2x4xf32>
func.func @keeps_what_follows_a_shared_transpose(%x: tensor<3x8xf32>) -> (tensor<2x4x3xf32>, tensor<4x2x3xf32>, tensor<3x2x4xf32>) {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x8xf32> -> tensor<8x3xf32>
  %r = quantir.reshape %t : tensor<8x3xf32> -> tensor<2x4x3xf32>
  %y = quantir.transpose %r {permutation = array<i64: 1, 0, 2>} : tensor<2x4x3xf32> -> tensor<4x2x3xf32>
  %z = quantir.transpose %r {permutation = array<i64: 2, 0, 1>} : tensor<2x4x3xf32> -> tensor<3x2x4xf32>
  return %r, %y, %z : tensor<2x4x3xf32>, tensor<4x2x3xf32>, tensor<3x2x4xf32>
}

// -----

// CHECK-LABEL: @keeps_mixed_dimensions
// CHECK-COUNT-2: quantir.transpose
func.func @keeps_mixed_dimensions(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %r = quantir.reshape %t : tensor<3x2xf32> -> tensor<2x3xf32>
  %y = quantir.transpose %r {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

!w = !quant.uniform<i8<-127:127>:f32:1, {0.5,0.25}>
!v = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>
// CHECK-LABEL: @keeps_codes_with_an_axis
// CHECK-COUNT-2: quantir.transpose
func.func @keeps_codes_with_an_axis(%x: tensor<3x2x!w>) -> tensor<1x3x2x!quant.uniform<i8<-127:127>:f32:2, {0.5,0.25}>> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x2x!w> -> tensor<2x3x!v>
  %r = quantir.reshape %t : tensor<2x3x!v> -> tensor<2x3x1x!v>
  %y = quantir.transpose %r {permutation = array<i64: 2, 1, 0>} : tensor<2x3x1x!v> -> tensor<1x3x2x!quant.uniform<i8<-127:127>:f32:2, {0.5,0.25}>>
  return %y : tensor<1x3x2x!quant.uniform<i8<-127:127>:f32:2, {0.5,0.25}>>
}
