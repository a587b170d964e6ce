// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns | FileCheck %s

// CHECK-LABEL: @silu
// CHECK: quantir.silu %arg0
func.func @silu(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = quantir.sigmoid %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.mul %s, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: @keeps_gate_of_another_value
// CHECK: quantir.sigmoid
// CHECK: quantir.mul
func.func @keeps_gate_of_another_value(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %s = quantir.sigmoid %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.mul %s, %z : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @gelu_erf
// CHECK: %[[P:.*]] = quantir.mul %arg0, %arg1
// CHECK: quantir.gelu %[[P]] : tensor
func.func @gelu_erf(%a: tensor<2x3xf32>, %b: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %root = quantir.constant dense<1.41421354> : tensor<f32> -> tensor<f32>
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %half = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %x = quantir.mul %a, %b : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %d = quantir.div %x, %root : tensor<2x3xf32>, tensor<f32> -> tensor<2x3xf32>
  %e = quantir.erf %d : tensor<2x3xf32> -> tensor<2x3xf32>
  %s = quantir.add %e, %one : tensor<2x3xf32>, tensor<f32> -> tensor<2x3xf32>
  %m = quantir.mul %x, %s : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.mul %m, %half : tensor<2x3xf32>, tensor<f32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @gelu_tanh
// CHECK: quantir.gelu %arg0 {form = #quantir.gelu_form<tanh>}
func.func @gelu_tanh(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %cubic = quantir.constant dense<0.044715> : tensor<f32> -> tensor<f32>
  %root = quantir.constant dense<0.797884583> : tensor<f32> -> tensor<f32>
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %half = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %c = quantir.mul %cubic, %x : tensor<f32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %cc = quantir.mul %x, %c : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %ccc = quantir.mul %x, %cc : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %s = quantir.add %x, %ccc : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %u = quantir.mul %root, %s : tensor<f32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %t = quantir.tanh %u : tensor<2x3xf32> -> tensor<2x3xf32>
  %p = quantir.add %one, %t : tensor<f32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %h = quantir.mul %half, %p : tensor<f32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.mul %x, %h : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @layer_norm
// CHECK-DAG: %[[S:.*]] = quantir.constant dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]>
// CHECK-DAG: %[[B:.*]] = quantir.constant dense<[5.000000e+00, 6.000000e+00, 7.000000e+00]>
// CHECK: quantir.layer_norm %arg0, %[[S]], %[[B]] {epsilon = 9.99999974E-6 : f32}
func.func @layer_norm(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %eps = quantir.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %scale = quantir.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %bias = quantir.constant dense<[5.0, 6.0, 7.0]> : tensor<3xf32> -> tensor<3xf32>
  %m = quantir.reduce <mean> %x {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %d = quantir.sub %x, %m : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %q = quantir.mul %d, %d : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %v = quantir.reduce <mean> %q {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %e = quantir.add %v, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %r = quantir.sqrt %e : tensor<2x1xf32> -> tensor<2x1xf32>
  %n = quantir.div %d, %r : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %s = quantir.mul %n, %scale : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %y = quantir.add %s, %bias : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// The mean of columns is not that of rows.
// CHECK-LABEL: @keeps_norm_of_columns
// CHECK-NOT: quantir.layer_norm
func.func @keeps_norm_of_columns(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %eps = quantir.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %m = quantir.reduce <mean> %x {axes = array<i64: 1>} : tensor<3x3xf32> -> tensor<3xf32>
  %d = quantir.sub %x, %m : tensor<3x3xf32>, tensor<3xf32> -> tensor<3x3xf32>
  %q = quantir.mul %d, %d : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %v = quantir.reduce <mean> %q {axes = array<i64: 1>, keepdims} : tensor<3x3xf32> -> tensor<3x1xf32>
  %e = quantir.add %v, %eps : tensor<3x1xf32>, tensor<f32> -> tensor<3x1xf32>
  %r = quantir.sqrt %e : tensor<3x1xf32> -> tensor<3x1xf32>
  %n = quantir.div %d, %r : tensor<3x3xf32>, tensor<3x1xf32> -> tensor<3x3xf32>
  return %n : tensor<3x3xf32>
}

// -----

// Batch normalization: weights and bias take the scale, the bias the shift.
// CHECK-LABEL: @folds_into_conv
// CHECK-DAG: %[[W:.*]] = quantir.constant dense<{{.*}}2.000000e+00{{.*}}6.000000e+00{{.*}}> : tensor<2x1x1x1xf32>
// CHECK-DAG: %[[B:.*]] = quantir.constant dense<[1.200000e+01, 2.300000e+01]>
// CHECK: quantir.conv %arg0, %[[W]] bias %[[B]]
// CHECK-NEXT: quantir.relu
func.func @folds_into_conv(%x: tensor<1x4x4x1xf32>) -> tensor<1x4x4x2xf32> {
  %w = quantir.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %b = quantir.constant dense<[1.0, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %scale = quantir.constant dense<[2.0, 3.0]> : tensor<2xf32> -> tensor<2xf32>
  %shift = quantir.constant dense<[10.0, 20.0]> : tensor<2xf32> -> tensor<2xf32>
  %c = quantir.conv %x, %w bias %b : tensor<1x4x4x1xf32>, tensor<2x1x1x1xf32>, tensor<2xf32> -> tensor<1x4x4x2xf32>
  %m = quantir.mul %c, %scale : tensor<1x4x4x2xf32>, tensor<2xf32> -> tensor<1x4x4x2xf32>
  %a = quantir.add %m, %shift : tensor<1x4x4x2xf32>, tensor<2xf32> -> tensor<1x4x4x2xf32>
  %y = quantir.relu %a : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  return %y : tensor<1x4x4x2xf32>
}

// -----

// Somebody else reads the convolution too.
// CHECK-LABEL: @keeps_shared_conv
// CHECK: quantir.conv
// CHECK: quantir.mul
func.func @keeps_shared_conv(%x: tensor<1x4x4x1xf32>) -> (tensor<1x4x4x1xf32>, tensor<1x4x4x1xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %s = quantir.constant dense<3.0> : tensor<1xf32> -> tensor<1xf32>
  %c = quantir.conv %x, %w : tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x4x4x1xf32>
  %m = quantir.mul %c, %s : tensor<1x4x4x1xf32>, tensor<1xf32> -> tensor<1x4x4x1xf32>
  return %c, %m : tensor<1x4x4x1xf32>, tensor<1x4x4x1xf32>
}

// -----

// CHECK-LABEL: @lays_out_weights
// CHECK: dense<{{\[\[}}1.000000e+00, 3.000000e+00, 5.000000e+00], [2.000000e+00, 4.000000e+00, 6.000000e+00{{\]\]}}>
// CHECK: quantir.matmul %arg0, %{{.*}} bias %{{.*}} {transpose_rhs}
func.func @lays_out_weights(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %w = quantir.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %b = quantir.constant dense<[[7.0, 8.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %m = quantir.matmul %x, %w : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  %y = quantir.add %m, %b : tensor<4x2xf32>, tensor<1x2xf32> -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

// CHECK-LABEL: @clips
// CHECK-NEXT: quantir.clip %arg0 {high = 6.000000e+00 : f32, low = 0.000000e+00 : f32}
// CHECK-NEXT: return
func.func @clips(%x: tensor<3xf32>) -> tensor<3xf32> {
  %low = quantir.constant dense<0.0> : tensor<f32> -> tensor<f32>
  %high = quantir.constant dense<6.0> : tensor<1xf32> -> tensor<1xf32>
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %a = quantir.max %x, %low : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %b = quantir.min %high, %a : tensor<1xf32>, tensor<3xf32> -> tensor<3xf32>
  %c = quantir.mul %b, %one : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  return %c : tensor<3xf32>
}

// -----

// CHECK-LABEL: @keeps_bounds_of_integers
// CHECK: quantir.max
func.func @keeps_bounds_of_integers(%x: tensor<3xi32>) -> tensor<3xi32> {
  %low = quantir.constant dense<0> : tensor<i32> -> tensor<i32>
  %y = quantir.max %x, %low : tensor<3xi32>, tensor<i32> -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// -----

// The phases of a transposed convolution: scale, shift and activation join it, each
// phase with the numbers of its channels.
// CHECK-LABEL: @computes_before_interleaving
// CHECK-SAME:    (%[[X:.*]]: tensor<1x2x2x1xf32>)
// CHECK-DAG:   %[[W:.*]] = quantir.constant dense<{{.*}}3.000000e+00{{.*}}5.000000e+00{{.*}}3.000000e+00{{.*}}5.000000e+00{{.*}}> : tensor<8x1x1x1xf32>
// CHECK-DAG:   %[[B:.*]] = quantir.constant dense<[7.000000e+00, 9.000000e+00, 7.000000e+00, 9.000000e+00, 7.000000e+00, 9.000000e+00, 7.000000e+00, 9.000000e+00]>
// CHECK:       %[[C:.*]] = quantir.conv %[[X]], %[[W]] bias %[[B]]
// CHECK-NEXT:  %[[R:.*]] = quantir.relu %[[C]]
// CHECK-NEXT:  quantir.reshape %[[R]] {{.*}} -> tensor<1x2x2x2x2x2xf32>
// CHECK-NEXT:  quantir.transpose
// CHECK-NEXT:  quantir.reshape
// CHECK-NEXT:  return
func.func @computes_before_interleaving(%x: tensor<1x2x2x1xf32>) -> tensor<1x4x4x2xf32> {
  %w = quantir.constant dense<1.0> : tensor<8x1x1x1xf32> -> tensor<8x1x1x1xf32>
  %s = quantir.constant dense<[[[3.0, 5.0]]]> : tensor<1x1x2xf32> -> tensor<1x1x2xf32>
  %t = quantir.constant dense<[7.0, 9.0]> : tensor<2xf32> -> tensor<2xf32>
  %c = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<8x1x1x1xf32> -> tensor<1x2x2x8xf32>
  %a = quantir.reshape %c : tensor<1x2x2x8xf32> -> tensor<1x2x2x2x2x2xf32>
  %b = quantir.transpose %a {permutation = array<i64: 0, 1, 3, 2, 4, 5>} : tensor<1x2x2x2x2x2xf32> -> tensor<1x2x2x2x2x2xf32>
  %d = quantir.reshape %b : tensor<1x2x2x2x2x2xf32> -> tensor<1x4x4x2xf32>
  %m = quantir.mul %d, %s : tensor<1x4x4x2xf32>, tensor<1x1x2xf32> -> tensor<1x4x4x2xf32>
  %n = quantir.add %t, %m : tensor<2xf32>, tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  %r = quantir.relu %n : tensor<1x4x4x2xf32> -> tensor<1x4x4x2xf32>
  return %r : tensor<1x4x4x2xf32>
}

// -----

// Into every part of a join, unless something else reads a part.
// CHECK-LABEL: @computes_before_joining
// CHECK-COUNT-2: quantir.relu
// CHECK:         quantir.concat
// CHECK-NEXT:    return
func.func @computes_before_joining(%x: tensor<1x2x2x1xf32>, %w: tensor<3x1x1x1xf32>) -> tensor<1x2x4x3xf32> {
  %a = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32>
  %b = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32>
  %c = quantir.concat %a, %b {axis = 2 : i64} : tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32> -> tensor<1x2x4x3xf32>
  %r = quantir.relu %c : tensor<1x2x4x3xf32> -> tensor<1x2x4x3xf32>
  return %r : tensor<1x2x4x3xf32>
}

// -----

// CHECK-LABEL: @moves_what_is_read_twice
// CHECK:       %[[C:.*]] = quantir.concat
// CHECK-NEXT:  quantir.relu %[[C]]
func.func @moves_what_is_read_twice(%x: tensor<1x2x2x1xf32>, %w: tensor<3x1x1x1xf32>) -> (tensor<1x2x4x3xf32>, tensor<1x2x2x3xf32>) {
  %a = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32>
  %b = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32>
  %c = quantir.concat %a, %b {axis = 2 : i64} : tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32> -> tensor<1x2x4x3xf32>
  %r = quantir.relu %c : tensor<1x2x4x3xf32> -> tensor<1x2x4x3xf32>
  return %r, %a : tensor<1x2x4x3xf32>, tensor<1x2x2x3xf32>
}
