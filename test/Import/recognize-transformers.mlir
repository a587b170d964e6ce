// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns | FileCheck %s

// x / sqrt(mean(x^2) + eps) * weight
// CHECK-LABEL: @rms_norm
// CHECK: %[[S:.*]] = quantir.constant dense<[2.000000e+00, 3.000000e+00, 4.000000e+00]>
// CHECK-NEXT: %[[Y:.*]] = quantir.rms_norm %arg0, %[[S]] {epsilon = 9.99999974E-6 : f32}
// CHECK-NEXT: return %[[Y]]
func.func @rms_norm(%x: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
  %eps = quantir.constant dense<1.0e-5> : tensor<f32> -> tensor<f32>
  %w = quantir.constant dense<[2.0, 3.0, 4.0]> : tensor<3xf32> -> tensor<3xf32>
  %q = quantir.mul %x, %x : tensor<1x2x3xf32>, tensor<1x2x3xf32> -> tensor<1x2x3xf32>
  %m = quantir.reduce <mean> %q {axes = array<i64: 2>, keepdims} : tensor<1x2x3xf32> -> tensor<1x2x1xf32>
  %e = quantir.add %m, %eps : tensor<1x2x1xf32>, tensor<f32> -> tensor<1x2x1xf32>
  %r = quantir.sqrt %e : tensor<1x2x1xf32> -> tensor<1x2x1xf32>
  %n = quantir.div %x, %r : tensor<1x2x3xf32>, tensor<1x2x1xf32> -> tensor<1x2x3xf32>
  %y = quantir.mul %w, %n : tensor<3xf32>, tensor<1x2x3xf32> -> tensor<1x2x3xf32>
  return %y : tensor<1x2x3xf32>
}

// -----

// weight * (x * rsqrt(sum(x^2) / 3 + eps))
// CHECK-LABEL: @rms_norm_by_reciprocal
// CHECK: quantir.rms_norm %arg0
// CHECK-NEXT: return
func.func @rms_norm_by_reciprocal(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %eps = quantir.constant dense<1.0e-6> : tensor<f32> -> tensor<f32>
  %third = quantir.constant dense<0.33333334> : tensor<f32> -> tensor<f32>
  %w = quantir.constant dense<2.0> : tensor<3xf32> -> tensor<3xf32>
  %q = quantir.mul %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %s = quantir.reduce <sum> %q {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %m = quantir.mul %s, %third : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %e = quantir.add %m, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %r = quantir.sqrt %e : tensor<2x1xf32> -> tensor<2x1xf32>
  %i = quantir.reciprocal %r : tensor<2x1xf32> -> tensor<2x1xf32>
  %n = quantir.mul %x, %i : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %y = quantir.mul %n, %w : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// What is divided is not what is squared.
// CHECK-LABEL: @keeps_norm_of_another
// CHECK-NOT: quantir.rms_norm
func.func @keeps_norm_of_another(%x: tensor<2x3xf32>, %z: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %eps = quantir.constant dense<1.0e-6> : tensor<f32> -> tensor<f32>
  %q = quantir.mul %z, %z : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %m = quantir.reduce <mean> %q {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %e = quantir.add %m, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %r = quantir.sqrt %e : tensor<2x1xf32> -> tensor<2x1xf32>
  %n = quantir.div %x, %r : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  return %n : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @silu_by_division
// CHECK-NEXT: quantir.silu %arg0
// CHECK-NEXT: return
func.func @silu_by_division(%x: tensor<3xf32>) -> tensor<3xf32> {
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %n = quantir.neg %x : tensor<3xf32> -> tensor<3xf32>
  %e = quantir.exp %n : tensor<3xf32> -> tensor<3xf32>
  %d = quantir.add %e, %one : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %y = quantir.div %x, %d : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// 1 / (1 + e^-x), then times another tensor.
// CHECK-LABEL: @sigmoid_by_reciprocal
// CHECK-NEXT: %[[S:.*]] = quantir.sigmoid %arg0
// CHECK-NEXT: quantir.mul %arg1, %[[S]]
func.func @sigmoid_by_reciprocal(%x: tensor<3xf32>, %z: tensor<3xf32>) -> tensor<3xf32> {
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %minus = quantir.constant dense<-1.0> : tensor<f32> -> tensor<f32>
  %n = quantir.mul %x, %minus : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %e = quantir.exp %n : tensor<3xf32> -> tensor<3xf32>
  %d = quantir.add %one, %e : tensor<f32>, tensor<3xf32> -> tensor<3xf32>
  %r = quantir.reciprocal %d : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.mul %z, %r : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// x * (1/2 + 1/2 erf(x / sqrt 2))
// CHECK-LABEL: @gelu_by_distribution
// CHECK-NEXT: quantir.gelu %arg0 : 
// CHECK-NEXT: return
func.func @gelu_by_distribution(%x: tensor<3xf32>) -> tensor<3xf32> {
  %half = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %root = quantir.constant dense<1.41421354> : tensor<f32> -> tensor<f32>
  %a = quantir.div %x, %root : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %e = quantir.erf %a : tensor<3xf32> -> tensor<3xf32>
  %h = quantir.mul %e, %half : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %p = quantir.add %half, %h : tensor<f32>, tensor<3xf32> -> tensor<3xf32>
  %y = quantir.mul %x, %p : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))
// CHECK-LABEL: @gelu_by_sigmoid
// CHECK-NEXT: quantir.gelu %arg0 {form = #quantir.gelu_form<tanh>}
// CHECK-NEXT: return
func.func @gelu_by_sigmoid(%x: tensor<3xf32>) -> tensor<3xf32> {
  %cubic = quantir.constant dense<0.044715> : tensor<f32> -> tensor<f32>
  %root = quantir.constant dense<1.59576912> : tensor<f32> -> tensor<f32>
  %2 = quantir.mul %x, %x : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %3 = quantir.mul %2, %x : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %c = quantir.mul %3, %cubic : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %s = quantir.add %x, %c : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  %a = quantir.mul %s, %root : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %g = quantir.sigmoid %a : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.mul %x, %g : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// QuickGelu stays as it is written.
// CHECK-LABEL: @keeps_quick_gelu
// CHECK: quantir.sigmoid
// CHECK-NEXT: quantir.mul
func.func @keeps_quick_gelu(%x: tensor<3xf32>) -> tensor<3xf32> {
  %c = quantir.constant dense<1.702> : tensor<f32> -> tensor<f32>
  %a = quantir.mul %x, %c : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %g = quantir.sigmoid %a : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.mul %x, %g : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// Both operands scaled by sqrt(scale), the keys transposed: one scale of the
// scores, and the product reads rows of keys.
// CHECK-LABEL: @scores
// CHECK: %[[C:.*]] = quantir.constant dense<2.500000e-01> : tensor<f32>
// CHECK-NEXT: %[[K:.*]] = quantir.transpose %arg1 {permutation = array<i64: 0, 2, 1, 3>}
// CHECK-NEXT: %[[P:.*]] = quantir.matmul %arg0, %[[K]] {transpose_rhs}
// CHECK-NEXT: %[[Y:.*]] = quantir.mul %[[P]], %[[C]]
// CHECK-NEXT: return %[[Y]]
func.func @scores(%q: tensor<1x2x3x4xf32>, %k: tensor<1x5x2x4xf32>) -> tensor<1x2x3x5xf32> {
  %half = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %two = quantir.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %t = quantir.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x5x2x4xf32> -> tensor<1x2x4x5xf32>
  %a = quantir.mul %q, %half : tensor<1x2x3x4xf32>, tensor<f32> -> tensor<1x2x3x4xf32>
  %b = quantir.div %t, %two : tensor<1x2x4x5xf32>, tensor<f32> -> tensor<1x2x4x5xf32>
  %y = quantir.matmul %a, %b : tensor<1x2x3x4xf32>, tensor<1x2x4x5xf32> -> tensor<1x2x3x5xf32>
  return %y : tensor<1x2x3x5xf32>
}

// -----

// CHECK-LABEL: @scores_divided
// CHECK: %[[C:.*]] = quantir.constant dense<2.500000e-01> : tensor<f32>
// CHECK: quantir.mul %{{.*}}, %[[C]]
func.func @scores_divided(%q: tensor<2x3x4xf32>, %k: tensor<2x5x4xf32>) -> tensor<2x3x5xf32> {
  %root = quantir.constant dense<4.0> : tensor<f32> -> tensor<f32>
  %p = quantir.matmul %q, %k {transpose_rhs} : tensor<2x3x4xf32>, tensor<2x5x4xf32> -> tensor<2x3x5xf32>
  %y = quantir.div %p, %root : tensor<2x3x5xf32>, tensor<f32> -> tensor<2x3x5xf32>
  return %y : tensor<2x3x5xf32>
}

// -----

// A scale that varies is none of the product.
// CHECK-LABEL: @keeps_scale_by_channel
// CHECK: %[[A:.*]] = quantir.mul
// CHECK: quantir.matmul %[[A]]
func.func @keeps_scale_by_channel(%q: tensor<2x3x2xf32>, %k: tensor<2x5x2xf32>) -> tensor<2x3x5xf32> {
  %c = quantir.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %a = quantir.mul %q, %c : tensor<2x3x2xf32>, tensor<2xf32> -> tensor<2x3x2xf32>
  %p = quantir.matmul %a, %k {transpose_rhs} : tensor<2x3x2xf32>, tensor<2x5x2xf32> -> tensor<2x3x5xf32>
  return %p : tensor<2x3x5xf32>
}

// -----

// Repeated keys and values: queries in groups, through scale, mask and softmax.
// CHECK-LABEL: @shares_keys
// CHECK-SAME: (%[[Q:.*]]: tensor<1x4x3x8xf32>, %[[K:.*]]: tensor<1x2x1x5x8xf32>, %[[V:.*]]: tensor<1x2x1x5x8xf32>, %[[M:.*]]: tensor<3x5xf32>)
// CHECK-NOT: quantir.expand
// CHECK: %[[G:.*]] = quantir.reshape %[[Q]] : tensor<1x4x3x8xf32> -> tensor<1x2x2x3x8xf32>
// CHECK: quantir.matmul %[[G]], %[[K]] {transpose_rhs}
// CHECK: quantir.mul
// CHECK: quantir.add %{{.*}}, %[[M]]
// CHECK: %[[P:.*]] = quantir.softmax
// CHECK-NEXT: %[[Y:.*]] = quantir.matmul %[[P]], %[[V]]
// CHECK-NEXT: quantir.reshape %[[Y]] : tensor<1x2x2x3x8xf32> -> tensor<1x4x3x8xf32>
func.func @shares_keys(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x1x5x8xf32>, %v: tensor<1x2x1x5x8xf32>, %m: tensor<3x5xf32>) -> tensor<1x4x3x8xf32> {
  %c = quantir.constant dense<0.3> : tensor<f32> -> tensor<f32>
  %ke = quantir.expand %k : tensor<1x2x1x5x8xf32> -> tensor<1x2x2x5x8xf32>
  %kr = quantir.reshape %ke : tensor<1x2x2x5x8xf32> -> tensor<1x4x5x8xf32>
  %ve = quantir.expand %v : tensor<1x2x1x5x8xf32> -> tensor<1x2x2x5x8xf32>
  %vr = quantir.reshape %ve : tensor<1x2x2x5x8xf32> -> tensor<1x4x5x8xf32>
  %s = quantir.matmul %q, %kr {transpose_rhs} : tensor<1x4x3x8xf32>, tensor<1x4x5x8xf32> -> tensor<1x4x3x5xf32>
  %a = quantir.mul %s, %c : tensor<1x4x3x5xf32>, tensor<f32> -> tensor<1x4x3x5xf32>
  %b = quantir.add %a, %m : tensor<1x4x3x5xf32>, tensor<3x5xf32> -> tensor<1x4x3x5xf32>
  %p = quantir.softmax %b : tensor<1x4x3x5xf32> -> tensor<1x4x3x5xf32>
  %y = quantir.matmul %p, %vr : tensor<1x4x3x5xf32>, tensor<1x4x5x8xf32> -> tensor<1x4x3x8xf32>
  return %y : tensor<1x4x3x8xf32>
}

// -----

// concat(-second half, first half), as rotary embeddings have it.
// CHECK-LABEL: @swaps_halves
// CHECK: %[[C:.*]] = quantir.constant dense<[-1.000000e+00, -1.000000e+00, 1.000000e+00, 1.000000e+00]>
// CHECK: %[[H:.*]] = quantir.reshape %arg0 : tensor<2x4xf32> -> tensor<2x2x2xf32>
// CHECK: %[[S:.*]] = quantir.slice %[[H]] {offsets = array<i64: 0, 1, 0>, sizes = array<i64: 2, 2, 2>, steps = array<i64: 1, -1, 1>}
// CHECK: %[[R:.*]] = quantir.reshape %[[S]]
// CHECK: quantir.mul %[[R]], %[[C]]
func.func @swaps_halves(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %a = quantir.slice %x {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : tensor<2x4xf32> -> tensor<2x2xf32>
  %b = quantir.slice %x {offsets = array<i64: 0, 2>, sizes = array<i64: 2, 2>, steps = array<i64: 1, 1>} : tensor<2x4xf32> -> tensor<2x2xf32>
  %n = quantir.neg %b : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = quantir.concat %n, %a {axis = 1 : i64} : tensor<2x2xf32>, tensor<2x2xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @drops_empty_operand
// CHECK-NEXT: return %arg1
func.func @drops_empty_operand(%x: tensor<2x0xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %z = quantir.concat %x, %y {axis = 1 : i64} : tensor<2x0xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  return %z : tensor<2x3xf32>
}

// -----

// CHECK-LABEL: @softmax_by_reciprocal
// CHECK-NEXT: quantir.softmax %arg0
// CHECK-NEXT: return
func.func @softmax_by_reciprocal(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %m = quantir.reduce <max> %x {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %d = quantir.sub %x, %m : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  %e = quantir.exp %d : tensor<2x3xf32> -> tensor<2x3xf32>
  %s = quantir.reduce <sum> %e {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %r = quantir.reciprocal %s : tensor<2x1xf32> -> tensor<2x1xf32>
  %y = quantir.mul %e, %r : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
