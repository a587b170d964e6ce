// RUN: quant-opt %s -split-input-file -quantir-fuse-kernels | FileCheck %s

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// Products, softmax and what lies between are one kernel; so are the transposes around them.
// CHECK-LABEL: @fuses_attention_with_moves
// CHECK-SAME:    (%[[Q:.*]]: tensor<1x5x2x8x{{.*}}, %[[K:.*]]: tensor<1x7x2x8x{{.*}}, %[[V:.*]]: tensor<1x7x2x8x
func.func @fuses_attention_with_moves(%q: tensor<1x5x2x8x!q>, %k: tensor<1x7x2x8x!k>, %v: tensor<1x7x2x8x!k>,
                                      %mask: tensor<1x1x1x7xf32>) -> tensor<1x5x2x8xf32> {
  // CHECK-NEXT: %[[R:.*]] = quantir.kernel(%[[Q]], %[[K]], %[[V]], %{{.*}})
  // CHECK-COUNT-3: quantir.transpose
  // CHECK: quantir.matmul
  // CHECK: quantir.softmax
  // CHECK: quantir.matmul
  // CHECK: quantir.transpose
  // CHECK-NEXT: quantir.yield
  // CHECK: return %[[R]]
  %qt = quantir.transpose %q {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x5x2x8x!q> -> tensor<1x2x5x8x!q>
  %kt = quantir.transpose %k {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x7x2x8x!k> -> tensor<1x2x8x7x!k>
  %vt = quantir.transpose %v {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x7x2x8x!k> -> tensor<1x2x7x8x!k>
  %s = quantir.matmul %qt, %kt : tensor<1x2x5x8x!q>, tensor<1x2x8x7x!k> -> tensor<1x2x5x7x!s>
  %f = quantir.dequantize %s : tensor<1x2x5x7x!s> -> tensor<1x2x5x7xf32>
  %m = quantir.add %f, %mask : tensor<1x2x5x7xf32>, tensor<1x1x1x7xf32> -> tensor<1x2x5x7xf32>
  %e = quantir.softmax %m {unnormalized} : tensor<1x2x5x7xf32> -> tensor<1x2x5x7xf32>
  %p = quantir.quantize %e : tensor<1x2x5x7xf32> -> tensor<1x2x5x7x!p>
  %o = quantir.matmul %p, %vt : tensor<1x2x5x7x!p>, tensor<1x2x7x8x!k> -> tensor<1x2x5x8x!o>
  %d = quantir.dequantize %o : tensor<1x2x5x8x!o> -> tensor<1x2x5x8xf32>
  %n = quantir.reduce <sum> %p {axes = array<i64: 3>, keepdims} : tensor<1x2x5x7x!p> -> tensor<1x2x5x1x!quant.uniform<i32:f32, 0.0039>>
  %nf = quantir.dequantize %n : tensor<1x2x5x1x!quant.uniform<i32:f32, 0.0039>> -> tensor<1x2x5x1xf32>
  %r = quantir.div %d, %nf : tensor<1x2x5x8xf32>, tensor<1x2x5x1xf32> -> tensor<1x2x5x8xf32>
  %t = quantir.transpose %r {permutation = array<i64: 0, 2, 1, 3>} : tensor<1x2x5x8xf32> -> tensor<1x5x2x8xf32>
  return %t : tensor<1x5x2x8xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// Heads that share keys read the same ones; the copies are never made.
// CHECK-LABEL: @fuses_repeated_keys
func.func @fuses_repeated_keys(%q: tensor<4x5x8x!q>, %k: tensor<2x7x8x!k>, %v: tensor<4x7x8x!k>) -> tensor<4x5x8x!o> {
  // CHECK-NEXT: quantir.kernel
  // CHECK: quantir.expand
  // CHECK-NOT: quantir.kernel
  %k1 = quantir.reshape %k : tensor<2x7x8x!k> -> tensor<2x1x7x8x!k>
  %k2 = quantir.expand %k1 : tensor<2x1x7x8x!k> -> tensor<2x2x7x8x!k>
  %k3 = quantir.reshape %k2 : tensor<2x2x7x8x!k> -> tensor<4x7x8x!k>
  %s = quantir.matmul %q, %k3 {transpose_rhs} : tensor<4x5x8x!q>, tensor<4x7x8x!k> -> tensor<4x5x7x!s>
  %f = quantir.dequantize %s : tensor<4x5x7x!s> -> tensor<4x5x7xf32>
  %e = quantir.softmax %f : tensor<4x5x7xf32> -> tensor<4x5x7xf32>
  %p = quantir.quantize %e : tensor<4x5x7xf32> -> tensor<4x5x7x!p>
  %o = quantir.matmul %p, %v : tensor<4x5x7x!p>, tensor<4x7x8x!k> -> tensor<4x5x8x!o>
  return %o : tensor<4x5x8x!o>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK-LABEL: @keeps_apart_what_returns_probabilities
func.func @keeps_apart_what_returns_probabilities(%q: tensor<5x8x!q>, %k: tensor<7x8x!k>, %v: tensor<7x8x!k>)
    -> (tensor<5x8x!o>, tensor<5x7x!p>) {
  // CHECK-COUNT-3: quantir.kernel
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8x!q>, tensor<7x8x!k> -> tensor<5x7x!s>
  %f = quantir.dequantize %s : tensor<5x7x!s> -> tensor<5x7xf32>
  %e = quantir.softmax %f : tensor<5x7xf32> -> tensor<5x7xf32>
  %p = quantir.quantize %e : tensor<5x7xf32> -> tensor<5x7x!p>
  %o = quantir.matmul %p, %v : tensor<5x7x!p>, tensor<7x8x!k> -> tensor<5x8x!o>
  return %o, %p : tensor<5x8x!o>, tensor<5x7x!p>
}
