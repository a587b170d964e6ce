// RUN: quant-opt %s -split-input-file -quantir-split-products | FileCheck %s

!x = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.25,1.0,2.0,0.5,0.25,1.0,2.0,0.5,0.25,1.0,2.0,0.5,0.25,1.0,2.0,4.0,8.0,4.0,8.0,4.0,8.0,4.0,8.0,4.0,8.0,4.0,8.0,4.0,8.0,4.0,8.0}>
!b = !quant.uniform<i32:f32:0, {0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0}>
!a = !quant.uniform<i32:f32:1, {0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,0.25,0.125,0.5,1.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0,2.0,4.0}>

// Weights, bias and scales are cut alike; the old ones go.
// CHECK-DAG: [[$W0:!.*]] = !quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01
// CHECK-DAG: [[$W1:!.*]] = !quant.uniform<i8<-127:127>:f32:0, {4.000000e+00,8.000000e+00
// CHECK-DAG: [[$A0:!.*]] = !quant.uniform<i32:f32:1, {2.500000e-01,1.250000e-01
// CHECK-DAG: [[$A1:!.*]] = !quant.uniform<i32:f32:1, {2.000000e+00,4.000000e+00
// CHECK-LABEL: @splits_codes_behind_dequantize_and_reshape
// CHECK-SAME:  (%[[X:.*]]: tensor<5x1x!quant.uniform<u8:f32, 5.000000e-01:3>>)
// CHECK-DAG:   %[[C0:.*]] = quantir.constant dense<{{\[\[0\], \[1\], .*\[15\]\]}}> : tensor<16x1xi8> -> tensor<16x1x[[$W0]]>
// CHECK-DAG:   %[[C1:.*]] = quantir.constant dense<{{\[\[-16\], \[-17\], .*\[-31\]\]}}> : tensor<16x1xi8> -> tensor<16x1x[[$W1]]>
// CHECK-DAG:   %[[B0:.*]] = quantir.constant dense<7> : tensor<16xi32>
// CHECK-DAG:   %[[B1:.*]] = quantir.constant dense<7> : tensor<16xi32>
// CHECK-DAG:   %[[M0:.*]] = quantir.matmul %[[X]], %[[C0]] bias %[[B0]] {transpose_rhs} : {{.*}} -> tensor<5x16x[[$A0]]>
// CHECK-DAG:   %[[M1:.*]] = quantir.matmul %[[X]], %[[C1]] bias %[[B1]] {transpose_rhs} : {{.*}} -> tensor<5x16x[[$A1]]>
// CHECK-DAG:   %[[F0:.*]] = quantir.dequantize %[[M0]]
// CHECK-DAG:   %[[R0:.*]] = quantir.reshape %[[F0]] : tensor<5x16xf32> -> tensor<5x1x2x8xf32>
// CHECK-DAG:   %[[F1:.*]] = quantir.dequantize %[[M1]]
// CHECK-DAG:   %[[R1:.*]] = quantir.reshape %[[F1]] : tensor<5x16xf32> -> tensor<5x1x2x8xf32>
// CHECK-NOT:   tensor<32x1xi8>
// CHECK-NOT:   quantir.slice
// CHECK:       return %[[R1]], %[[R0]]
func.func @splits_codes_behind_dequantize_and_reshape(%x: tensor<5x1x!x>) -> (tensor<5x1x2x8xf32>, tensor<5x1x2x8xf32>) {
  %w = quantir.constant dense<[[0], [1], [2], [3], [4], [5], [6], [7], [8], [9], [10], [11], [12], [13], [14], [15],
                               [-16], [-17], [-18], [-19], [-20], [-21], [-22], [-23], [-24], [-25], [-26], [-27], [-28], [-29], [-30], [-31]]>
      : tensor<32x1xi8> -> tensor<32x1x!w>
  %b = quantir.constant dense<7> : tensor<32xi32> -> tensor<32x!b>
  %m = quantir.matmul %x, %w bias %b {transpose_rhs} : tensor<5x1x!x>, tensor<32x1x!w>, tensor<32x!b> -> tensor<5x32x!a>
  %f = quantir.dequantize %m : tensor<5x32x!a> -> tensor<5x32xf32>
  %r = quantir.reshape %f : tensor<5x32xf32> -> tensor<5x2x2x8xf32>
  %0 = quantir.slice %r {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 5, 1, 2, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<5x2x2x8xf32> -> tensor<5x1x2x8xf32>
  %1 = quantir.slice %r {offsets = array<i64: 0, 1, 0, 0>, sizes = array<i64: 5, 1, 2, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<5x2x2x8xf32> -> tensor<5x1x2x8xf32>
  return %1, %0 : tensor<5x1x2x8xf32>, tensor<5x1x2x8xf32>
}

// -----

// What the columns of the right operand are without `transpose_rhs`; a vector along them is cut as they are.
// CHECK-LABEL: @splits_constants_of_elementwise_ops
// CHECK-DAG: %[[C0:.*]] = quantir.constant dense<{{\[\[}}0.000000e+00, 1.000000e+00, {{.*}}1.500000e+01]]> : tensor<1x16xf32>
// CHECK-DAG: %[[C1:.*]] = quantir.constant dense<{{\[\[}}-1.600000e+01, {{.*}}-3.100000e+01]]> : tensor<1x16xf32>
// CHECK-DAG: %[[V0:.*]] = quantir.constant dense<{{\[}}5.000000e-01, {{.*}}1.550000e+01]> : tensor<16xf32>
// CHECK-DAG: %[[V1:.*]] = quantir.constant dense<{{\[}}1.650000e+01, {{.*}}3.150000e+01]> : tensor<16xf32>
// CHECK-DAG: %[[M0:.*]] = quantir.matmul %{{.*}}, %[[C0]]
// CHECK-DAG: %[[M1:.*]] = quantir.matmul %{{.*}}, %[[C1]]
// CHECK-DAG: quantir.mul %[[M0]], %[[V0]] : tensor<3x16xf32>, tensor<16xf32>
// CHECK-DAG: quantir.mul %[[M1]], %[[V1]] : tensor<3x16xf32>, tensor<16xf32>
// CHECK-NOT: quantir.slice
// CHECK: return
func.func @splits_constants_of_elementwise_ops(%x: tensor<3x1xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %w = quantir.constant dense<[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0,
                                -16.0, -17.0, -18.0, -19.0, -20.0, -21.0, -22.0, -23.0, -24.0, -25.0, -26.0, -27.0, -28.0, -29.0, -30.0, -31.0]]>
      : tensor<1x32xf32> -> tensor<1x32xf32>
  %v = quantir.constant dense<[0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5, 10.5, 11.5, 12.5, 13.5, 14.5, 15.5,
                               16.5, 17.5, 18.5, 19.5, 20.5, 21.5, 22.5, 23.5, 24.5, 25.5, 26.5, 27.5, 28.5, 29.5, 30.5, 31.5]>
      : tensor<32xf32> -> tensor<32xf32>
  %h = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %s = quantir.mul %m, %v : tensor<3x32xf32>, tensor<32xf32> -> tensor<3x32xf32>
  %t = quantir.add %s, %h : tensor<3x32xf32>, tensor<f32> -> tensor<3x32xf32>
  %0 = quantir.slice %t {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  %1 = quantir.slice %t {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// -----

// Two slices of the same columns share a product; columns that nobody reads are not computed.
// CHECK-LABEL: @shares_products_and_drops_columns
// CHECK: %[[M:.*]] = quantir.matmul {{.*}} -> tensor<3x16xf32>
// CHECK-NOT: quantir.matmul
// CHECK-COUNT-2: quantir.neg %[[M]]
// CHECK-NOT: quantir.slice
func.func @shares_products_and_drops_columns(%x: tensor<3x1xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x48xf32> -> tensor<1x48xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x48xf32> -> tensor<3x48xf32>
  %n = quantir.neg %m : tensor<3x48xf32> -> tensor<3x48xf32>
  %0 = quantir.slice %n {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x48xf32> -> tensor<3x16xf32>
  %1 = quantir.slice %n {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x48xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// -----

// CHECK-LABEL: @splits_behind_a_transpose
// CHECK: %[[M0:.*]] = quantir.matmul
// CHECK: %[[M1:.*]] = quantir.matmul
// CHECK: %[[R0:.*]] = quantir.reshape %[[M0]] : tensor<5x16xf32> -> tensor<5x1x2x8xf32>
// CHECK: quantir.transpose %[[R0]] {permutation = array<i64: 1, 2, 0, 3>} : tensor<5x1x2x8xf32> -> tensor<1x2x5x8xf32>
// CHECK: %[[R1:.*]] = quantir.reshape %[[M1]] : tensor<5x16xf32> -> tensor<5x1x2x8xf32>
// CHECK: quantir.transpose %[[R1]] {permutation = array<i64: 1, 2, 0, 3>} : tensor<5x1x2x8xf32> -> tensor<1x2x5x8xf32>
func.func @splits_behind_a_transpose(%x: tensor<5x1xf32>) -> (tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<5x1xf32>, tensor<1x32xf32> -> tensor<5x32xf32>
  %r = quantir.reshape %m : tensor<5x32xf32> -> tensor<5x2x2x8xf32>
  %t = quantir.transpose %r {permutation = array<i64: 1, 2, 0, 3>} : tensor<5x2x2x8xf32> -> tensor<2x2x5x8xf32>
  %0 = quantir.slice %t {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 2, 5, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x2x5x8xf32> -> tensor<1x2x5x8xf32>
  %1 = quantir.slice %t {offsets = array<i64: 1, 0, 0, 0>, sizes = array<i64: 1, 2, 5, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x2x5x8xf32> -> tensor<1x2x5x8xf32>
  return %0, %1 : tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>
}

// -----

// CHECK-LABEL: @splits_convolutions
// CHECK-SAME: (%[[X:.*]]: tensor
// CHECK: quantir.conv %[[X]], %{{.*}} {pads = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x2xf32>, tensor<16x3x3x2xf32> -> tensor<1x4x4x16xf32>
// CHECK: quantir.conv %[[X]], %{{.*}} {pads = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x2xf32>, tensor<32x3x3x2xf32> -> tensor<1x4x4x32xf32>
// CHECK-NOT: quantir.slice
func.func @splits_convolutions(%x: tensor<1x4x4x2xf32>) -> (tensor<1x4x4x16xf32>, tensor<1x4x4x32xf32>) {
  %w = quantir.constant dense<2.0> : tensor<48x3x3x2xf32> -> tensor<48x3x3x2xf32>
  %m = quantir.conv %x, %w {pads = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x2xf32>, tensor<48x3x3x2xf32> -> tensor<1x4x4x48xf32>
  %0 = quantir.slice %m {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 4, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x48xf32> -> tensor<1x4x4x16xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 0, 0, 16>, sizes = array<i64: 1, 4, 4, 32>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x48xf32> -> tensor<1x4x4x32xf32>
  return %0, %1 : tensor<1x4x4x16xf32>, tensor<1x4x4x32xf32>
}

// -----

// CHECK-LABEL: @keeps_what_is_read_whole
// CHECK: quantir.slice
func.func @keeps_what_is_read_whole(%x: tensor<3x1xf32>) -> (tensor<3x16xf32>, tensor<3x32xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0, %m : tensor<3x16xf32>, tensor<3x32xf32>
}

// -----

// CHECK-LABEL: @keeps_slices_of_rows
// CHECK: quantir.slice
func.func @keeps_slices_of_rows(%x: tensor<3x1xf32>) -> tensor<2x16xf32> {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 2, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<2x16xf32>
  return %0 : tensor<2x16xf32>
}

// -----

// Every second column, in one dimension or by a hole between rows of two.
// CHECK-LABEL: @keeps_columns_with_gaps
// CHECK-COUNT-2: quantir.slice
func.func @keeps_columns_with_gaps(%x: tensor<3x1xf32>) -> (tensor<3x16xf32>, tensor<3x2x8xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 2>} : tensor<3x32xf32> -> tensor<3x16xf32>
  %n = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %r = quantir.reshape %n : tensor<3x32xf32> -> tensor<3x2x16xf32>
  %1 = quantir.slice %r {offsets = array<i64: 0, 0, 0>, sizes = array<i64: 3, 2, 8>, steps = array<i64: 1, 1, 1>} : tensor<3x2x16xf32> -> tensor<3x2x8xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x2x8xf32>
}

// -----

// Rows and columns are one dimension after this reshape.
// CHECK-LABEL: @keeps_reshapes_across_columns
// CHECK: quantir.slice
func.func @keeps_reshapes_across_columns(%x: tensor<3x1xf32>) -> tensor<48xf32> {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %r = quantir.reshape %m : tensor<3x32xf32> -> tensor<96xf32>
  %0 = quantir.slice %r {offsets = array<i64: 0>, sizes = array<i64: 48>, steps = array<i64: 1>} : tensor<96xf32> -> tensor<48xf32>
  return %0 : tensor<48xf32>
}

// -----

// CHECK-LABEL: @keeps_what_meets_another_tensor
// CHECK: quantir.slice
func.func @keeps_what_meets_another_tensor(%x: tensor<3x1xf32>, %y: tensor<3x32xf32>) -> tensor<3x16xf32> {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32>
  %a = quantir.add %m, %y : tensor<3x32xf32>, tensor<3x32xf32> -> tensor<3x32xf32>
  %0 = quantir.slice %a {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0 : tensor<3x16xf32>
}
