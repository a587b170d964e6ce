// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4" -canonicalize -cse | FileCheck %s

// Nothing reads %a behind the sum, which takes its place.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<8xf32>, %[[Y:.*]]: memref<8xf32>, %{{.*}}: !llvm.ptr)
// CHECK:         %[[A:.*]] = memref.alloc() : memref<24xf32>
// CHECK-NEXT:    quantir.launch @{{.*}}_elementwise tiles 1(%[[X]], %[[A]])
// CHECK:         quantir.launch @{{.*}}_matmul tiles 1(%{{.*}}, %[[A]])
// CHECK-NEXT:    quantir.launch @{{.*}}_elementwise tiles 1(%[[A]], %[[Y]])
// CHECK-NEXT:    return
func.func @main(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = quantir.constant dense<2.0> : tensor<4x4xf32> -> tensor<4x4xf32>
  %a = quantir.kernel (%x) {
  ^bb0(%b: tensor<2x4xf32>):
    %n = quantir.neg %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = quantir.kernel (%x, %w, %a) {
  ^bb0(%b: tensor<2x4xf32>, %c: tensor<4x4xf32>, %d: tensor<2x4xf32>):
    %m = quantir.matmul %b, %c : tensor<2x4xf32>, tensor<4x4xf32> -> tensor<2x4xf32>
    %t = quantir.add %m, %d : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %t : tensor<2x4xf32>
  } : (tensor<2x4xf32>, tensor<4x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %r = quantir.kernel (%s) {
  ^bb0(%b: tensor<2x4xf32>):
    %n = quantir.relu %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

// The last kernel reads %a again, through a reshape.
// CHECK-LABEL: func.func @main
// CHECK:         %[[A:.*]] = memref.alloc() : memref<24xf32>
// CHECK:         %[[S:.*]] = memref.alloc() : memref<24xf32>
// CHECK:         quantir.launch @{{.*}}_elementwise tiles 1(%[[A]], %{{.*}}, %[[S]])
func.func @main(%x: tensor<2x4xf32>) -> tensor<8xf32> {
  %a = quantir.kernel (%x) {
  ^bb0(%b: tensor<2x4xf32>):
    %n = quantir.neg %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %s = quantir.kernel (%a, %x) {
  ^bb0(%b: tensor<2x4xf32>, %c: tensor<2x4xf32>):
    %n = quantir.mul %b, %c : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
  %f = quantir.reshape %a : tensor<2x4xf32> -> tensor<8xf32>
  %g = quantir.reshape %s : tensor<2x4xf32> -> tensor<8xf32>
  %r = quantir.kernel (%f, %g) {
  ^bb0(%b: tensor<8xf32>, %c: tensor<8xf32>):
    %n = quantir.add %b, %c : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %n : tensor<8xf32>
  } : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

// A row that every row of the result reads may not be written.
// CHECK-LABEL: func.func @main
// CHECK:         %[[A:.*]] = memref.alloc() : memref<20xf32>
// CHECK:         quantir.launch @{{.*}}_elementwise tiles 1(%{{.*}}, %[[A]])
// CHECK:         memref.alloc
func.func @main(%x: tensor<4x4xf32>, %v: tensor<1x4xf32>) -> tensor<4x4xf32> {
  %a = quantir.kernel (%v) {
  ^bb0(%b: tensor<1x4xf32>):
    %n = quantir.neg %b : tensor<1x4xf32> -> tensor<1x4xf32>
    quantir.yield %n : tensor<1x4xf32>
  } : (tensor<1x4xf32>) -> tensor<1x4xf32>
  %s = quantir.kernel (%x, %a) {
  ^bb0(%b: tensor<4x4xf32>, %c: tensor<1x4xf32>):
    %n = quantir.mul %b, %c : tensor<4x4xf32>, tensor<1x4xf32> -> tensor<4x4xf32>
    quantir.yield %n : tensor<4x4xf32>
  } : (tensor<4x4xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>
  %r = quantir.kernel (%s) {
  ^bb0(%b: tensor<4x4xf32>):
    %n = quantir.softmax %b : tensor<4x4xf32> -> tensor<4x4xf32>
    quantir.yield %n : tensor<4x4xf32>
  } : (tensor<4x4xf32>) -> tensor<4x4xf32>
  return %r : tensor<4x4xf32>
}

// -----

// A norm reads a row before it writes it, but what is computed from the row behind
// it is no longer there.
// CHECK-LABEL: func.func @main
// CHECK:         %[[A:.*]] = memref.alloc() : memref<24xf32>
// CHECK:         quantir.launch @{{.*}}_layer_norm tiles 1(%[[A]])
// CHECK-NEXT:    %[[B:.*]] = memref.alloc() : memref<24xf32>
// CHECK-NEXT:    quantir.launch @{{.*}}_layer_norm tiles 1(%[[A]], %[[B]], %{{.*}})
func.func @main(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>) {
  %a = quantir.kernel (%x) {
  ^bb0(%b: tensor<2x4xf32>):
    %n = quantir.neg %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %l = quantir.kernel (%a) {
  ^bb0(%b: tensor<2x4xf32>):
    %s = quantir.constant dense<2.0> : tensor<4xf32> -> tensor<4xf32>
    %n = quantir.layer_norm %b, %s, %s {epsilon = 1.0e-5 : f32} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  %m, %t = quantir.kernel (%l) {
  ^bb0(%b: tensor<2x4xf32>):
    %s = quantir.constant dense<2.0> : tensor<4xf32> -> tensor<4xf32>
    %n = quantir.layer_norm %b, %s, %s {epsilon = 1.0e-5 : f32} : tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<2x4xf32>
    %e = quantir.neg %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n, %e : tensor<2x4xf32>, tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x4xf32>)
  %r = quantir.kernel (%m) {
  ^bb0(%b: tensor<2x4xf32>):
    %n = quantir.relu %b : tensor<2x4xf32> -> tensor<2x4xf32>
    quantir.yield %n : tensor<2x4xf32>
  } : (tensor<2x4xf32>) -> tensor<2x4xf32>
  return %r, %t : tensor<2x4xf32>, tensor<2x4xf32>
}

// -----

// The frame that the second convolution needs comes behind the first, whose
// buffer is not in use before.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.launch @{{.*}}_conv
// CHECK-NEXT:    quantir.launch @{{.*}}_frame
// CHECK-NEXT:    quantir.launch @{{.*}}_conv
func.func @main(%x: tensor<1x4x4x16xf32>) -> tensor<1x4x4x16xf32> {
  %w = quantir.constant dense<2.0> : tensor<16x1x1x16xf32> -> tensor<16x1x1x16xf32>
  %u = quantir.constant dense<2.0> : tensor<16x3x3x16xf32> -> tensor<16x3x3x16xf32>
  %a = quantir.kernel (%x, %w) {
  ^bb0(%b: tensor<1x4x4x16xf32>, %c: tensor<16x1x1x16xf32>):
    %n = quantir.conv %b, %c : tensor<1x4x4x16xf32>, tensor<16x1x1x16xf32> -> tensor<1x4x4x16xf32>
    quantir.yield %n : tensor<1x4x4x16xf32>
  } : (tensor<1x4x4x16xf32>, tensor<16x1x1x16xf32>) -> tensor<1x4x4x16xf32>
  %r = quantir.kernel (%a, %u) {
  ^bb0(%b: tensor<1x4x4x16xf32>, %c: tensor<16x3x3x16xf32>):
    %n = quantir.conv %b, %c {pads = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x16xf32>, tensor<16x3x3x16xf32> -> tensor<1x4x4x16xf32>
    quantir.yield %n : tensor<1x4x4x16xf32>
  } : (tensor<1x4x4x16xf32>, tensor<16x3x3x16xf32>) -> tensor<1x4x4x16xf32>
  return %r : tensor<1x4x4x16xf32>
}
