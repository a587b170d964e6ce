// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4" -canonicalize -cse | FileCheck %s

// A relu becomes one loop of whole vectors and a tail without overrun.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<38xf32>, %[[Y:.*]]: memref<38xf32>, %{{.*}}: !llvm.ptr)
// CHECK:         quantir.launch @kernel_0_elementwise tiles 1(%[[X]], %[[Y]]) {bytes = 304 : i64, macs = 0 : i64}
// CHECK-LABEL: func.func private @kernel_0_elementwise
// CHECK:         scf.for
// CHECK:           vector.load {{.*}} vector<16xf32>
// CHECK:           vector.store {{.*}} vector<16xf32>
// CHECK:         vector.load {{.*}} vector<4xf32>
// CHECK:         vector.load {{.*}} vector<2xf32>
// CHECK-NOT:     vector.load
func.func @main(%x: tensor<2x19xf32>) -> tensor<2x19xf32> {
  %r = quantir.kernel (%x) {
  ^bb0(%a: tensor<2x19xf32>):
    %t = quantir.relu %a : tensor<2x19xf32> -> tensor<2x19xf32>
    quantir.yield %t : tensor<2x19xf32>
  } : (tensor<2x19xf32>) -> tensor<2x19xf32>
  return %r : tensor<2x19xf32>
}

// -----

// The product of codes uses the processor's dot product, on packed weights, and
// starts each column at -zero point * sum of weights = -3 * 4 * 2. Codes are
// clamped from below before they are rounded, from above behind.
// CHECK-DAG:   memref.global {{.*}} : memref<32xi32> = dense<[-24, -24, 0,
// CHECK-LABEL: func.func private @kernel_{{[0-9]}}_matmul
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"
// CHECK:         %[[ROUNDED:.*]] = llvm.call_intrinsic "llvm.x86.avx512.mask.cvtps2dq.512"
// CHECK-NEXT:    %[[PLACED:.*]] = arith.addi %[[ROUNDED]]
// CHECK-NEXT:    arith.minui %[[PLACED]]
!u8 = !quant.uniform<u8:f32, 0.5:3>
!w8 = !quant.uniform<i8<-127:127>:f32:0, {0.25,0.5}>
!acc = !quant.uniform<i32:f32:1, {0.125,0.25}>
func.func @main(%x: tensor<3x4x!u8>) -> tensor<3x2x!u8> {
  %w = quantir.constant dense<2> : tensor<2x4xi8> -> tensor<2x4x!w8>
  %r = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<3x4x!u8>, %b: tensor<2x4x!w8>):
    %c = quantir.matmul %a, %b {transpose_rhs} : tensor<3x4x!u8>, tensor<2x4x!w8> -> tensor<3x2x!acc>
    %q = quantir.requantize %c : tensor<3x2x!acc> -> tensor<3x2x!u8>
    quantir.yield %q : tensor<3x2x!u8>
  } : (tensor<3x4x!u8>, tensor<2x4x!w8>) -> tensor<3x2x!u8>
  return %r : tensor<3x2x!u8>
}

// -----

// Code that multiplies is unrolled, other code is kept small.
// CHECK-LABEL: func.func private @kernel_0_softmax
// CHECK-SAME:    passthrough = ["optsize"]
// CHECK-LABEL: func.func private @kernel_{{[0-9]}}_matmul
// CHECK-NOT:     passthrough
// CHECK:         return
func.func @main(%x: tensor<2x8xf32>, %w: tensor<8x4xf32>) -> tensor<2x4xf32> {
  %p = quantir.kernel (%x) {
  ^bb0(%a: tensor<2x8xf32>):
    %s = quantir.softmax %a : tensor<2x8xf32> -> tensor<2x8xf32>
    quantir.yield %s : tensor<2x8xf32>
  } : (tensor<2x8xf32>) -> tensor<2x8xf32>
  %r = quantir.kernel (%p, %w) {
  ^bb0(%a: tensor<2x8xf32>, %b: tensor<8x4xf32>):
    %m = quantir.matmul %a, %b : tensor<2x8xf32>, tensor<8x4xf32> -> tensor<2x4xf32>
    quantir.yield %m : tensor<2x4xf32>
  } : (tensor<2x8xf32>, tensor<8x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}
