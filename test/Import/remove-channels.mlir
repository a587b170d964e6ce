// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns -remarks-filter=quantir-import -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s -check-prefix=SAYS

// Filters 1 to 4 are zero, and so is what gelu makes of them.
// CHECK-LABEL: @zero_outputs
// CHECK-DAG: %[[W:.*]] = quantir.constant dense<{{\[\[}}1.000000e+00], [5.000000e+00], [6.000000e+00], [7.000000e+00]]> : tensor<4x1xf32>
// CHECK-DAG: %[[V:.*]] = quantir.constant dense<{{\[\[}}1.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00]]> : tensor<1x4xf32>
// CHECK: %[[A:.*]] = quantir.matmul %arg0, %[[W]] {transpose_rhs} {{.*}} -> tensor<3x4xf32>
// CHECK-NEXT: %[[B:.*]] = quantir.gelu %[[A]]
// CHECK-NEXT: quantir.matmul %[[B]], %[[V]] {transpose_rhs}
// SAYS: [Passed] ChannelsRemoved {{.*}}4 of the 8 channels that it reads are zero or count for nothing, and go
func.func @zero_outputs(%x: tensor<3x1xf32>) -> tensor<3x1xf32> {
  %w = quantir.constant dense<[[1.0], [0.0], [0.0], [0.0], [0.0], [5.0], [6.0], [7.0]]> : tensor<8x1xf32> -> tensor<8x1xf32>
  %v = quantir.constant dense<[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]]> : tensor<1x8xf32> -> tensor<1x8xf32>
  %a = quantir.matmul %x, %w {transpose_rhs} : tensor<3x1xf32>, tensor<8x1xf32> -> tensor<3x8xf32>
  %b = quantir.gelu %a : tensor<3x8xf32> -> tensor<3x8xf32>
  %y = quantir.matmul %b, %v {transpose_rhs} : tensor<3x8xf32>, tensor<1x8xf32> -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// Nobody reads channels 0, 2, 3 and 5; sigmoid may do with them what it likes.
// CHECK-LABEL: @unread_inputs
// CHECK-DAG: %[[B:.*]] = quantir.constant dense<[2.000000e+00, 5.000000e+00, 7.000000e+00, 8.000000e+00]>
// CHECK: quantir.conv {{.*}} bias %[[B]] {{.*}} -> tensor<1x2x2x4xf32>
// CHECK: quantir.sigmoid
// CHECK: quantir.max_pool
// CHECK: quantir.conv
func.func @unread_inputs(%x: tensor<1x2x2x1xf32>) -> tensor<1x1x1x1xf32> {
  %w = quantir.constant dense<1.0> : tensor<8x1x1x1xf32> -> tensor<8x1x1x1xf32>
  %c = quantir.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32> -> tensor<8xf32>
  %v = quantir.constant dense<[[[[0.0, 2.0, 0.0, 0.0, 5.0, 0.0, 7.0, 8.0]]]]> : tensor<1x1x1x8xf32> -> tensor<1x1x1x8xf32>
  %a = quantir.conv %x, %w bias %c : tensor<1x2x2x1xf32>, tensor<8x1x1x1xf32>, tensor<8xf32> -> tensor<1x2x2x8xf32>
  %b = quantir.sigmoid %a : tensor<1x2x2x8xf32> -> tensor<1x2x2x8xf32>
  %p = quantir.max_pool %b {kernel = array<i64: 2, 2>} : tensor<1x2x2x8xf32> -> tensor<1x1x1x8xf32>
  %y = quantir.conv %p, %v : tensor<1x1x1x8xf32>, tensor<1x1x1x8xf32> -> tensor<1x1x1x1xf32>
  return %y : tensor<1x1x1x1xf32>
}

// -----

// A bias or sigmoid(0) counts; three channels of eight are not worth a change.
// CHECK-LABEL: @keeps_what_counts
// CHECK: quantir.matmul {{.*}} -> tensor<3x8xf32>
// CHECK: quantir.sigmoid
// CHECK: quantir.matmul
func.func @keeps_what_counts(%x: tensor<3x1xf32>) -> tensor<3x1xf32> {
  %w = quantir.constant dense<[[1.0], [0.0], [0.0], [0.0], [0.0], [5.0], [6.0], [7.0]]> : tensor<8x1xf32> -> tensor<8x1xf32>
  %v = quantir.constant dense<[[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 8.0]]> : tensor<1x8xf32> -> tensor<1x8xf32>
  %a = quantir.matmul %x, %w {transpose_rhs} : tensor<3x1xf32>, tensor<8x1xf32> -> tensor<3x8xf32>
  %b = quantir.sigmoid %a : tensor<3x8xf32> -> tensor<3x8xf32>
  %y = quantir.matmul %b, %v {transpose_rhs} : tensor<3x8xf32>, tensor<1x8xf32> -> tensor<3x1xf32>
  return %y : tensor<3x1xf32>
}

// -----

// Somebody else reads the channels too.
// CHECK-LABEL: @keeps_shared_channels
// CHECK: quantir.matmul {{.*}} -> tensor<3x8xf32>
func.func @keeps_shared_channels(%x: tensor<3x1xf32>) -> (tensor<3x1xf32>, tensor<3x8xf32>) {
  %w = quantir.constant dense<0.0> : tensor<8x1xf32> -> tensor<8x1xf32>
  %v = quantir.constant dense<0.0> : tensor<1x8xf32> -> tensor<1x8xf32>
  %a = quantir.matmul %x, %w {transpose_rhs} : tensor<3x1xf32>, tensor<8x1xf32> -> tensor<3x8xf32>
  %y = quantir.matmul %a, %v {transpose_rhs} : tensor<3x8xf32>, tensor<1x8xf32> -> tensor<3x1xf32>
  return %y, %a : tensor<3x1xf32>, tensor<3x8xf32>
}
