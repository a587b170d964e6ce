// RUN: quant-opt %s -split-input-file -quantir-insert-observers | FileCheck %s

// What weights multiply is observed as it is: its last dimension is the channels.
// CHECK-LABEL: @observes_activations_once
// CHECK-SAME:    quantir.observed = ["rows:0", "relu:0"]
func.func @observes_activations_once(%x: tensor<1x3x8x8xf32> loc("image")) -> (tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>) {
  // CHECK: %[[T:.*]] = quantir.transpose
  // CHECK-NEXT: quantir.observe %[[T]] {index = 0 : i64}
  // CHECK: quantir.conv
  // CHECK-NEXT: %[[R:.*]] = quantir.relu
  // CHECK-NEXT: quantir.observe %[[R]] {index = 1 : i64}
  // CHECK-NOT: quantir.observe
  %w = quantir.constant dense<0.25> : tensor<4x3x3x3xf32> -> tensor<4x3x3x3xf32>
  %v = quantir.constant dense<0.25> : tensor<4x1x1x4xf32> -> tensor<4x1x1x4xf32>
  %t = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32> loc("rows")
  %c = quantir.conv %t, %w {pads = array<i64: 1, 1, 1, 1>} : tensor<1x8x8x3xf32>, tensor<4x3x3x3xf32> -> tensor<1x8x8x4xf32> loc("conv")
  %r = quantir.relu %c : tensor<1x8x8x4xf32> -> tensor<1x8x8x4xf32> loc("relu")
  %a = quantir.conv %r, %v : tensor<1x8x8x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x8x8x4xf32> loc("a")
  %b = quantir.conv %r, %v : tensor<1x8x8x4xf32>, tensor<4x1x1x4xf32> -> tensor<1x8x8x4xf32> loc("b")
  return %a, %b : tensor<1x8x8x4xf32>, tensor<1x8x8x4xf32>
}

// -----

// Without weights, what moves is looked through: the elements are the same.
// CHECK-LABEL: @observes_both_factors
// CHECK-SAME:    quantir.observed = ["argument0:0", "argument1:0"]
func.func @observes_both_factors(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> tensor<2x2xf32> {
  %t = quantir.transpose %b {permutation = array<i64: 1, 0>} : tensor<2x3xf32> -> tensor<3x2xf32>
  %r = quantir.matmul %a, %t : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
  return %r : tensor<2x2xf32>
}

// -----

// One node that became two ops gives two names.
// CHECK-LABEL: @names_are_unique
// CHECK-SAME:    quantir.observed = ["x:0", "node:0", "node:0#1"]
func.func @names_are_unique(%x: tensor<2x3xf32> loc("x")) -> tensor<2x3xf32> {
  %w = quantir.constant dense<1.0> : tensor<3x3xf32> -> tensor<3x3xf32>
  %a = quantir.matmul %x, %w : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32> loc("node")
  %b = quantir.matmul %a, %w : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32> loc("node")
  %c = quantir.matmul %b, %w : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x3xf32> loc("last")
  return %c : tensor<2x3xf32>
}

// -----

// Rows of a sequence are averaged in floating point: nothing to observe.
// CHECK-LABEL: @leaves_float_reductions
// CHECK-NOT: quantir.observe %
func.func @leaves_float_reductions(%x: tensor<1x16x8xf32>) -> tensor<1x8xf32> {
  %r = quantir.reduce <mean> %x {axes = array<i64: 1>} : tensor<1x16x8xf32> -> tensor<1x8xf32>
  return %r : tensor<1x8xf32>
}
