// RUN: quant-opt %s -split-input-file -quantir-propagate-layout | FileCheck %s

// CHECK-LABEL: @cancels_around_residual
// CHECK-NOT: quantir.transpose
// CHECK: %[[S:.*]] = quantir.sigmoid %arg0 : tensor<1x2x3x5xf32>
// CHECK: quantir.add %arg0, %[[S]] : tensor<1x2x3x5xf32>
// CHECK-NOT: quantir.transpose
func.func @cancels_around_residual(%x: tensor<1x2x3x5xf32>) -> tensor<1x2x3x5xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x2x3x5xf32> -> tensor<1x5x2x3xf32>
  %s = quantir.sigmoid %t : tensor<1x5x2x3xf32> -> tensor<1x5x2x3xf32>
  %a = quantir.add %t, %s : tensor<1x5x2x3xf32>, tensor<1x5x2x3xf32> -> tensor<1x5x2x3xf32>
  %r = quantir.transpose %a {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x5x2x3xf32> -> tensor<1x2x3x5xf32>
  return %r : tensor<1x2x3x5xf32>
}

// -----

// A constant by channel moves with the channels.
// CHECK-LABEL: @moves_constant
// CHECK: %[[C:.*]] = quantir.constant dense<{{\[\[\[\[}}1.000000e+00, 2.000000e+00{{\]\]\]\]}}> : tensor<1x1x1x2xf32>
// CHECK: quantir.mul %arg0, %[[C]] : tensor<1x3x5x2xf32>, tensor<1x1x1x2xf32>
func.func @moves_constant(%x: tensor<1x3x5x2xf32>) -> tensor<1x3x5x2xf32> {
  %c = quantir.constant dense<[[[1.0]], [[2.0]]]> : tensor<2x1x1xf32> -> tensor<2x1x1xf32>
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x3x5x2xf32> -> tensor<1x2x3x5xf32>
  %m = quantir.mul %t, %c : tensor<1x2x3x5xf32>, tensor<2x1x1xf32> -> tensor<1x2x3x5xf32>
  %r = quantir.transpose %m {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x2x3x5xf32> -> tensor<1x3x5x2xf32>
  return %r : tensor<1x3x5x2xf32>
}

// -----

// CHECK-LABEL: @moves_axes
// CHECK: quantir.slice %arg0 {offsets = array<i64: 0, 1, 0, 2>, sizes = array<i64: 1, 1, 5, 4>, steps = array<i64: 1, 2, 1, 1>}
// CHECK: quantir.pad {{.*}} {high = array<i64: 0, 0, 0, 1>, low = array<i64: 0, 2, 0, 0>}
// CHECK: quantir.concat {{.*}} {axis = 3 : i64}
// CHECK: quantir.reduce <mean> {{.*}} {axes = array<i64: 1, 2>}
// CHECK-NOT: quantir.transpose
func.func @moves_axes(%x: tensor<1x3x5x7xf32>) -> tensor<1x10xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x3x5x7xf32> -> tensor<1x7x3x5xf32>
  %s = quantir.slice %t {offsets = array<i64: 0, 2, 1, 0>, sizes = array<i64: 1, 4, 1, 5>, steps = array<i64: 1, 1, 2, 1>} : tensor<1x7x3x5xf32> -> tensor<1x4x1x5xf32>
  %p = quantir.pad %s {low = array<i64: 0, 0, 2, 0>, high = array<i64: 0, 1, 0, 0>} : tensor<1x4x1x5xf32> -> tensor<1x5x3x5xf32>
  %c = quantir.concat %p, %p {axis = 1 : i64} : tensor<1x5x3x5xf32>, tensor<1x5x3x5xf32> -> tensor<1x10x3x5xf32>
  %m = quantir.reduce <mean> %c {axes = array<i64: 2, 3>} : tensor<1x10x3x5xf32> -> tensor<1x10xf32>
  return %m : tensor<1x10xf32>
}

// -----

// [1, C, H, W] to [1, H * W, C] is what channels last already is.
// CHECK-LABEL: @tokens
// CHECK-NEXT: %[[R:.*]] = quantir.reshape %arg0 : tensor<1x3x5x7xf32> -> tensor<1x15x7xf32>
// CHECK-NEXT: return %[[R]]
func.func @tokens(%x: tensor<1x3x5x7xf32>) -> tensor<1x15x7xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x3x5x7xf32> -> tensor<1x7x3x5xf32>
  %r = quantir.reshape %t : tensor<1x7x3x5xf32> -> tensor<1x7x15xf32>
  %y = quantir.transpose %r {permutation = array<i64: 0, 2, 1>} : tensor<1x7x15xf32> -> tensor<1x15x7xf32>
  return %y : tensor<1x15x7xf32>
}

// -----

// CHECK-LABEL: @folds_into_weights
// CHECK: dense<{{\[\[}}1.000000e+00, 4.000000e+00, 2.000000e+00, 5.000000e+00, 3.000000e+00, 6.000000e+00{{\]\]}}>
// CHECK: %[[R:.*]] = quantir.reshape %arg0 : tensor<1x3x1x2xf32> -> tensor<1x6xf32>
// CHECK: quantir.matmul %[[R]]
func.func @folds_into_weights(%x: tensor<1x3x1x2xf32>) -> tensor<1x1xf32> {
  %w = quantir.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]> : tensor<1x6xf32> -> tensor<1x6xf32>
  %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x3x1x2xf32> -> tensor<1x2x3x1xf32>
  %r = quantir.reshape %t : tensor<1x2x3x1xf32> -> tensor<1x6xf32>
  %y = quantir.matmul %r, %w {transpose_rhs} : tensor<1x6xf32>, tensor<1x6xf32> -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// -----

// Operands of different layouts stay as they are.
// CHECK-LABEL: @keeps_mixed_operands
// CHECK-NEXT: quantir.transpose %arg0
// CHECK-NEXT: quantir.add
func.func @keeps_mixed_operands(%x: tensor<3x5xf32>, %y: tensor<5x3xf32>) -> tensor<5x3xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x5xf32> -> tensor<5x3xf32>
  %a = quantir.add %t, %y : tensor<5x3xf32>, tensor<5x3xf32> -> tensor<5x3xf32>
  return %a : tensor<5x3xf32>
}

// -----

// Joining dimensions that moved apart needs the transpose.
// CHECK-LABEL: @keeps_joined_heads
// CHECK-NEXT: quantir.transpose
// CHECK-NEXT: quantir.reshape
func.func @keeps_joined_heads(%x: tensor<1x2x5x3xf32>) -> tensor<1x5x6xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x2x5x3xf32> -> tensor<1x5x2x3xf32>
  %r = quantir.reshape %t : tensor<1x5x2x3xf32> -> tensor<1x5x6xf32>
  return %r : tensor<1x5x6xf32>
}

// -----

// Sinking would leave two transposes where one is.
// CHECK-LABEL: @keeps_fewer_transposes
// CHECK-NEXT: quantir.transpose
// CHECK-NOT: quantir.transpose
func.func @keeps_fewer_transposes(%x: tensor<3x5xf32>) -> (tensor<5x3xf32>, tensor<5x3xf32>) {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<3x5xf32> -> tensor<5x3xf32>
  %a = quantir.relu %t : tensor<5x3xf32> -> tensor<5x3xf32>
  %b = quantir.exp %t : tensor<5x3xf32> -> tensor<5x3xf32>
  return %a, %b : tensor<5x3xf32>, tensor<5x3xf32>
}
