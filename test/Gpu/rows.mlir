// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu | FileCheck %s

// 16 invocations work on a row of 48, 4 rows make a workgroup, which keeps them.
// CHECK:       quantir.dispatch [@kernel_0_softmax] groups [2, 1, 1]
// CHECK:       gpu.func @main
// CHECK-DAG:     memref.alloc() : memref<192xi32, {{.*}}Workgroup{{.*}}>
// CHECK-DAG:     memref.alloc() : memref<64xf32, {{.*}}Workgroup{{.*}}>
// CHECK:         scf.for
// CHECK:         gpu.barrier
// CHECK:         scf.for
// CHECK:         gpu.barrier
// CHECK:         scf.if
func.func @main(%x: tensor<6x48xf32>) -> tensor<6x48xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<6x48xf32>):
    %r = quantir.softmax %a : tensor<6x48xf32> -> tensor<6x48xf32>
    quantir.yield %r : tensor<6x48xf32>
  } : (tensor<6x48xf32>) -> tensor<6x48xf32>
  return %y : tensor<6x48xf32>
}

// -----

// Rows too long for a workgroup's memory are read again, by 4 invocations each.
// CHECK:       quantir.dispatch [@kernel_0_layer_norm] groups [2, 1, 1]
// CHECK:       gpu.func @main
// CHECK-COUNT-2: memref.alloc() : memref<256xf32, {{.*}}Workgroup{{.*}}>
// CHECK-NOT:   memref.alloc()
func.func @main(%x: tensor<18x5000xf32>, %s: tensor<5000xf32>, %b: tensor<5000xf32>) -> tensor<18x5000xf32> {
  %y = quantir.kernel (%x, %s, %b) {
  ^bb0(%a: tensor<18x5000xf32>, %c: tensor<5000xf32>, %d: tensor<5000xf32>):
    %r = quantir.layer_norm %a, %c, %d {epsilon = 1.0e-5 : f32}
        : tensor<18x5000xf32>, tensor<5000xf32>, tensor<5000xf32> -> tensor<18x5000xf32>
    quantir.yield %r : tensor<18x5000xf32>
  } : (tensor<18x5000xf32>, tensor<5000xf32>, tensor<5000xf32>) -> tensor<18x5000xf32>
  return %y : tensor<18x5000xf32>
}

// -----

// A workgroup folds four results whose elements are rows, 16 partial values each; where the last dimension stays, an
// invocation folds four neighbours. More workgroups than a dimension holds are split later.
// CHECK:       quantir.dispatch [@kernel_0_reduce] groups [65538, 1, 1]
// CHECK:       quantir.dispatch [@kernel_1_reduce] groups [1, 1, 1]
// CHECK:       gpu.module @kernel_0_reduce
// CHECK:         memref.alloc() : memref<64xi32, {{.*}}Workgroup{{.*}}>
// CHECK:       gpu.module @kernel_1_reduce
// CHECK-NOT:     memref.alloc()
func.func @main(%x: tensor<262150x3xi8>, %i: tensor<2x7x7x12xf32>) -> (tensor<262150xi8>, tensor<2x12xf32>) {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<262150x3xi8>):
    %r = quantir.reduce <max> %a {axes = array<i64: 1>} : tensor<262150x3xi8> -> tensor<262150xi8>
    quantir.yield %r : tensor<262150xi8>
  } : (tensor<262150x3xi8>) -> tensor<262150xi8>
  %z = quantir.kernel (%i) {
  ^bb0(%a: tensor<2x7x7x12xf32>):
    %r = quantir.reduce <mean> %a {axes = array<i64: 1, 2>} : tensor<2x7x7x12xf32> -> tensor<2x12xf32>
    quantir.yield %r : tensor<2x12xf32>
  } : (tensor<2x7x7x12xf32>) -> tensor<2x12xf32>
  return %y, %z : tensor<262150xi8>, tensor<2x12xf32>
}
