// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @rows
// CHECK: quantir.constant dense<[-3.000000e+00, 1.050000e+01]>
func.func @rows() -> tensor<2xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <sum> %x {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @columns
// CHECK: quantir.constant dense<[5.000000e+00, 2.500000e+00, 0.000000e+00]>
func.func @columns() -> tensor<3xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <sum> %x {axes = array<i64: 0>} : tensor<2x3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @everything_kept_as_one
// CHECK: quantir.constant dense<1.250000e+00>
func.func @everything_kept_as_one() -> tensor<1x1xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <mean> %x {axes = array<i64: 0, 1>, keepdims} : tensor<2x3xf32> -> tensor<1x1xf32>
  return %y : tensor<1x1xf32>
}

// CHECK-LABEL: @largest
// CHECK: quantir.constant dense<[2.000000e+00, 6.000000e+00]>
func.func @largest() -> tensor<2xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <max> %x {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @smallest
// CHECK: quantir.constant dense<[1.000000e+00, 5.000000e-01, -6.000000e+00]>
func.func @smallest() -> tensor<3xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <min> %x {axes = array<i64: 0>} : tensor<2x3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @product
// CHECK: quantir.constant dense<[-1.200000e+01, 1.200000e+01]>
func.func @product() -> tensor<2xf32> {
  %x = quantir.constant dense<[[1.0, 2.0, -6.0], [4.0, 0.5, 6.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.reduce <prod> %x {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// Elements 0, 16 and 32 share a lane: the 1 is lost there before the large number goes.
// CHECK-LABEL: @sums_rows_in_sixteen_lanes
// CHECK: quantir.constant dense<0.000000e+00>
func.func @sums_rows_in_sixteen_lanes() -> tensor<f32> {
  %x = quantir.constant dense<[16777216.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -16777216.0, 0.0, 0.0]> : tensor<35xf32> -> tensor<35xf32>
  %y = quantir.reduce <sum> %x {axes = array<i64: 0>} : tensor<35xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// Lane 8 joins lane 0 before lane 4 does: (2^24 - 2^24) + 1.
// CHECK-LABEL: @adds_lanes_as_a_tree
// CHECK: quantir.constant dense<1.000000e+00>
func.func @adds_lanes_as_a_tree() -> tensor<f32> {
  %x = quantir.constant dense<[16777216.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -16777216.0]> : tensor<9xf32> -> tensor<9xf32>
  %y = quantir.reduce <sum> %x {axes = array<i64: 0>} : tensor<9xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: @largest_ignores_nan
// CHECK: quantir.constant dense<1.000000e+00>
func.func @largest_ignores_nan() -> tensor<f32> {
  %x = quantir.constant dense<[0x7FC00000, 1.0, -2.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.reduce <max> %x {axes = array<i64: 0>} : tensor<3xf32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: @integers_wrap
// CHECK: quantir.constant dense<-126>
func.func @integers_wrap() -> tensor<i8> {
  %x = quantir.constant dense<[127, 3]> : tensor<2xi8> -> tensor<2xi8>
  %y = quantir.reduce <sum> %x {axes = array<i64: 0>} : tensor<2xi8> -> tensor<i8>
  return %y : tensor<i8>
}

// CHECK-LABEL: @integers_divide_towards_zero
// CHECK: quantir.constant dense<-3>
func.func @integers_divide_towards_zero() -> tensor<i64> {
  %x = quantir.constant dense<[-4, -3]> : tensor<2xi64> -> tensor<2xi64>
  %y = quantir.reduce <mean> %x {axes = array<i64: 0>} : tensor<2xi64> -> tensor<i64>
  return %y : tensor<i64>
}

// CHECK-LABEL: @codes_lose_their_zero_point
// CHECK: quantir.constant dense<251>
func.func @codes_lose_their_zero_point() -> tensor<!quant.uniform<i32:f32, 0.5>> {
  %x = quantir.constant dense<[-1, 2]> : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 0.5:3>>
  %y = quantir.reduce <sum> %x {axes = array<i64: 0>} : tensor<2x!quant.uniform<u8:f32, 0.5:3>> -> tensor<!quant.uniform<i32:f32, 0.5>>
  return %y : tensor<!quant.uniform<i32:f32, 0.5>>
}

// CHECK-LABEL: @largest_code
// CHECK: quantir.constant dense<-1>
func.func @largest_code() -> tensor<!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[-1, 2]> : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 0.5:3>>
  %y = quantir.reduce <max> %x {axes = array<i64: 0>} : tensor<2x!quant.uniform<u8:f32, 0.5:3>> -> tensor<!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<!quant.uniform<u8:f32, 0.5:3>>
}

