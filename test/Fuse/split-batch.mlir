// RUN: quant-opt %s --quantir-split-batch=cache=1024 | FileCheck %s

// Every tensor between kernels becomes that of one sample, reshapes to more rows
// than samples and sizes of slices included; constants stay.
// CHECK-LABEL: func.func @samples
// CHECK-SAME: (%{{.*}}: tensor<1x6x16xf32>) -> tensor<1x3xf32> attributes {quantir.batch = 4 : i64}
// CHECK: quantir.constant {{.*}} -> tensor<16x3xf32>
// CHECK: quantir.reshape {{.*}} -> tensor<6x16xf32>
// CHECK: quantir.matmul {{.*}}tensor<6x16xf32>, tensor<16x3xf32> -> tensor<6x3xf32>
// CHECK: quantir.slice %{{.*}} {offsets = array<i64: 0, 5, 0>, sizes = array<i64: 1, 1, 3>
// CHECK-SAME: -> tensor<1x1x3xf32>
// CHECK: return %{{.*}} : tensor<1x3xf32>
func.func @samples(%x: tensor<4x6x16xf32>) -> tensor<4x3xf32> {
  %w = quantir.constant dense<0.5> : tensor<16x3xf32> -> tensor<16x3xf32>
  %rows = quantir.reshape %x : tensor<4x6x16xf32> -> tensor<24x16xf32>
  %p = quantir.kernel (%rows, %w) {
  ^bb0(%a: tensor<24x16xf32>, %b: tensor<16x3xf32>):
    %m = quantir.matmul %a, %b : tensor<24x16xf32>, tensor<16x3xf32> -> tensor<24x3xf32>
    quantir.yield %m : tensor<24x3xf32>
  } : (tensor<24x16xf32>, tensor<16x3xf32>) -> tensor<24x3xf32>
  %sequences = quantir.reshape %p : tensor<24x3xf32> -> tensor<4x6x3xf32>
  %last = quantir.kernel (%sequences) {
  ^bb0(%a: tensor<4x6x3xf32>):
    %s = quantir.slice %a {offsets = array<i64: 0, 5, 0>, sizes = array<i64: 4, 1, 3>, steps = array<i64: 1, 1, 1>} : tensor<4x6x3xf32> -> tensor<4x1x3xf32>
    quantir.yield %s : tensor<4x1x3xf32>
  } : (tensor<4x6x3xf32>) -> tensor<4x1x3xf32>
  %y = quantir.reshape %last : tensor<4x1x3xf32> -> tensor<4x3xf32>
  return %y : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @not_when_it_fits_the_cache
// CHECK-SAME: tensor<4x8xf32>
// CHECK-NOT: quantir.batch
func.func @not_when_it_fits_the_cache(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<4x8xf32>):
    %r = quantir.relu %a : tensor<4x8xf32> -> tensor<4x8xf32>
    quantir.yield %r : tensor<4x8xf32>
  } : (tensor<4x8xf32>) -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// CHECK-LABEL: func.func @not_when_the_constants_are_larger
// CHECK-NOT: quantir.batch
func.func @not_when_the_constants_are_larger(%x: tensor<4x64xf32>) -> tensor<4x64xf32> {
  %w = quantir.constant dense<0.5> : tensor<64x64xf32> -> tensor<64x64xf32>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<4x64xf32>, %b: tensor<64x64xf32>):
    %m = quantir.matmul %a, %b : tensor<4x64xf32>, tensor<64x64xf32> -> tensor<4x64xf32>
    quantir.yield %m : tensor<4x64xf32>
  } : (tensor<4x64xf32>, tensor<64x64xf32>) -> tensor<4x64xf32>
  return %y : tensor<4x64xf32>
}

// CHECK-LABEL: func.func @not_a_sum_over_samples
// CHECK-NOT: quantir.batch
func.func @not_a_sum_over_samples(%x: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<4x256xf32>):
    %s = quantir.reduce <sum> %a {axes = array<i64: 0>, keepdims} : tensor<4x256xf32> -> tensor<1x256xf32>
    quantir.yield %s : tensor<1x256xf32>
  } : (tensor<4x256xf32>) -> tensor<1x256xf32>
  %z = quantir.kernel (%x, %y) {
  ^bb0(%a: tensor<4x256xf32>, %b: tensor<1x256xf32>):
    %s = quantir.add %a, %b : tensor<4x256xf32>, tensor<1x256xf32> -> tensor<4x256xf32>
    quantir.yield %s : tensor<4x256xf32>
  } : (tensor<4x256xf32>, tensor<1x256xf32>) -> tensor<4x256xf32>
  return %z : tensor<4x256xf32>
}

// Each sample has another number added.
// CHECK-LABEL: func.func @not_a_constant_of_the_whole_batch
// CHECK-NOT: quantir.batch
func.func @not_a_constant_of_the_whole_batch(%x: tensor<4x256xf32>) -> tensor<4x256xf32> {
  %c = quantir.constant dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32> -> tensor<4x1xf32>
  %z = quantir.kernel (%x, %c) {
  ^bb0(%a: tensor<4x256xf32>, %b: tensor<4x1xf32>):
    %s = quantir.add %a, %b : tensor<4x256xf32>, tensor<4x1xf32> -> tensor<4x256xf32>
    quantir.yield %s : tensor<4x256xf32>
  } : (tensor<4x256xf32>, tensor<4x1xf32>) -> tensor<4x256xf32>
  return %z : tensor<4x256xf32>
}

// CHECK-LABEL: func.func @not_a_transpose_of_samples
// CHECK-NOT: quantir.batch
func.func @not_a_transpose_of_samples(%x: tensor<4x4x64xf32>) -> tensor<4x4x64xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<4x4x64xf32>):
    %t = quantir.transpose %a {permutation = array<i64: 1, 0, 2>} : tensor<4x4x64xf32> -> tensor<4x4x64xf32>
    quantir.yield %t : tensor<4x4x64xf32>
  } : (tensor<4x4x64xf32>) -> tensor<4x4x64xf32>
  return %y : tensor<4x4x64xf32>
}
