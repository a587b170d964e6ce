// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns=any-axis | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns | FileCheck %s --check-prefix=LAST

// LAST-NOT: quantir.layer_norm

// By sums of x and x^2 over the columns: the columns become rows, and columns again.
// CHECK-LABEL: @layer_norm_of_columns
// CHECK-DAG: %[[S:.*]] = quantir.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf32>
// CHECK-DAG: %[[B:.*]] = quantir.constant dense<[5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]> : tensor<4xf32>
// CHECK: %[[T:.*]] = quantir.transpose %arg0 {permutation = array<i64: 0, 2, 1>} : tensor<1x4x3xf32> -> tensor<1x3x4xf32>
// CHECK: %[[N:.*]] = quantir.layer_norm %[[T]], %[[S]], %[[B]] {epsilon = 9.99999974E-6 : f32}
// CHECK: %[[Y:.*]] = quantir.transpose %[[N]] {permutation = array<i64: 0, 2, 1>} : tensor<1x3x4xf32> -> tensor<1x4x3xf32>
// CHECK-NEXT: return %[[Y]]
func.func @layer_norm_of_columns(%x: tensor<1x4x3xf32>) -> tensor<1x4x3xf32> {
  %eps = quantir.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %quarter = quantir.constant dense<0.25> : tensor<f32> -> tensor<f32>
  %scale = quantir.constant dense<[[[1.0], [2.0], [3.0], [4.0]]]> : tensor<1x4x1xf32> -> tensor<1x4x1xf32>
  %bias = quantir.constant dense<[[5.0], [6.0], [7.0], [8.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %s = quantir.reduce <sum> %x {axes = array<i64: 1>} : tensor<1x4x3xf32> -> tensor<1x3xf32>
  %q = quantir.mul %x, %x : tensor<1x4x3xf32>, tensor<1x4x3xf32> -> tensor<1x4x3xf32>
  %t = quantir.reduce <sum> %q {axes = array<i64: 1>} : tensor<1x4x3xf32> -> tensor<1x3xf32>
  %o = quantir.mul %t, %quarter : tensor<1x3xf32>, tensor<f32> -> tensor<1x3xf32>
  %m = quantir.mul %s, %quarter : tensor<1x3xf32>, tensor<f32> -> tensor<1x3xf32>
  %p = quantir.mul %m, %m : tensor<1x3xf32>, tensor<1x3xf32> -> tensor<1x3xf32>
  %d = quantir.sub %o, %p : tensor<1x3xf32>, tensor<1x3xf32> -> tensor<1x3xf32>
  %v = quantir.relu %d : tensor<1x3xf32> -> tensor<1x3xf32>
  %w = quantir.reshape %v : tensor<1x3xf32> -> tensor<1x1x3xf32>
  %e = quantir.add %w, %eps : tensor<1x1x3xf32>, tensor<f32> -> tensor<1x1x3xf32>
  %r = quantir.sqrt %e : tensor<1x1x3xf32> -> tensor<1x1x3xf32>
  %i = quantir.reciprocal %r : tensor<1x1x3xf32> -> tensor<1x1x3xf32>
  %f = quantir.mul %i, %scale : tensor<1x1x3xf32>, tensor<1x4x1xf32> -> tensor<1x4x3xf32>
  %c = quantir.reshape %m : tensor<1x3xf32> -> tensor<1x1x3xf32>
  %z = quantir.sub %x, %c : tensor<1x4x3xf32>, tensor<1x1x3xf32> -> tensor<1x4x3xf32>
  %n = quantir.mul %z, %f : tensor<1x4x3xf32>, tensor<1x4x3xf32> -> tensor<1x4x3xf32>
  %y = quantir.add %n, %bias : tensor<1x4x3xf32>, tensor<4x1xf32> -> tensor<1x4x3xf32>
  return %y : tensor<1x4x3xf32>
}

// -----

// A row of scales is none of columns.
// CHECK-LABEL: @keeps_scale_across_columns
// CHECK: quantir.layer_norm
// CHECK: quantir.transpose
// CHECK-NEXT: quantir.mul
func.func @keeps_scale_across_columns(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %eps = quantir.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %scale = quantir.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %m = quantir.reduce <mean> %x {axes = array<i64: 0>, keepdims} : tensor<3x3xf32> -> tensor<1x3xf32>
  %d = quantir.sub %x, %m : tensor<3x3xf32>, tensor<1x3xf32> -> tensor<3x3xf32>
  %q = quantir.mul %d, %d : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %v = quantir.reduce <mean> %q {axes = array<i64: 0>, keepdims} : tensor<3x3xf32> -> tensor<1x3xf32>
  %e = quantir.add %v, %eps : tensor<1x3xf32>, tensor<f32> -> tensor<1x3xf32>
  %r = quantir.sqrt %e : tensor<1x3xf32> -> tensor<1x3xf32>
  %n = quantir.div %d, %r : tensor<3x3xf32>, tensor<1x3xf32> -> tensor<3x3xf32>
  %y = quantir.mul %n, %scale : tensor<3x3xf32>, tensor<3xf32> -> tensor<3x3xf32>
  return %y : tensor<3x3xf32>
}
