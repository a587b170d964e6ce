// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// A 2x2 image under a 3x3 filter of ones, padded by one: every window sees all four.
// CHECK-LABEL: @padding_counts_as_zero
// CHECK: quantir.constant dense<1.500000e+00>
func.func @padding_counts_as_zero() -> tensor<1x2x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0]], [[3.0], [-5.0]]]]> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %w = quantir.constant dense<1.0> : tensor<1x3x3x1xf32> -> tensor<1x3x3x1xf32>
  %b = quantir.constant dense<[0.5]> : tensor<1xf32> -> tensor<1xf32>
  %y = quantir.conv %x, %w bias %b {pads = array<i64: 1, 1, 1, 1>} : tensor<1x2x2x1xf32>, tensor<1x3x3x1xf32>, tensor<1xf32> -> tensor<1x2x2x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

// CHECK-LABEL: @two_filters_over_two_channels
// CHECK{LITERAL}: quantir.constant dense<[[[[-1.000000e+00, 4.000000e+00], [7.000000e+00, 2.000000e+00]]]]>
func.func @two_filters_over_two_channels() -> tensor<1x1x2x2xf32> {
  %x = quantir.constant dense<[[[[1.0, -2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  %w = quantir.constant dense<[[[[1.0, 1.0]]], [[[2.0, -1.0]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
  %y = quantir.conv %x, %w : tensor<1x1x2x2xf32>, tensor<2x1x1x2xf32> -> tensor<1x1x2x2xf32>
  return %y : tensor<1x1x2x2xf32>
}

// CHECK-LABEL: @one_filter_a_channel
// CHECK{LITERAL}: quantir.constant dense<[[[[7.000000e+00, 4.000000e+00]]]]>
func.func @one_filter_a_channel() -> tensor<1x1x1x2xf32> {
  %x = quantir.constant dense<[[[[1.0, -2.0], [3.0, 4.0]]]]> : tensor<1x1x2x2xf32> -> tensor<1x1x2x2xf32>
  %w = quantir.constant dense<[[[[1.0], [2.0]]], [[[-1.0], [0.5]]]]> : tensor<2x1x2x1xf32> -> tensor<2x1x2x1xf32>
  %y = quantir.conv %x, %w {groups = 2 : i64} : tensor<1x1x2x2xf32>, tensor<2x1x2x1xf32> -> tensor<1x1x1x2xf32>
  return %y : tensor<1x1x1x2xf32>
}

// CHECK-LABEL: @two_groups_of_two_channels
// CHECK{LITERAL}: quantir.constant dense<[[[[3.000000e+00, -1.000000e+00, -1.000000e+00, 7.000000e+00]]]]>
func.func @two_groups_of_two_channels() -> tensor<1x1x1x4xf32> {
  %x = quantir.constant dense<[[[[1.0, 2.0, 3.0, -4.0]]]]> : tensor<1x1x1x4xf32> -> tensor<1x1x1x4xf32>
  %w = quantir.constant dense<[[[[1.0, 1.0]]], [[[1.0, -1.0]]], [[[1.0, 1.0]]], [[[1.0, -1.0]]]]> : tensor<4x1x1x2xf32> -> tensor<4x1x1x2xf32>
  %y = quantir.conv %x, %w {groups = 2 : i64} : tensor<1x1x1x4xf32>, tensor<4x1x1x2xf32> -> tensor<1x1x1x4xf32>
  return %y : tensor<1x1x1x4xf32>
}

// CHECK-LABEL: @strides_and_dilations
// CHECK{LITERAL}: quantir.constant dense<[[[[3.100000e+01], [-4.700000e+01]]]]>
func.func @strides_and_dilations() -> tensor<1x1x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0], [3.0], [4.0], [-5.0]]]]> : tensor<1x1x5x1xf32> -> tensor<1x1x5x1xf32>
  %w = quantir.constant dense<[[[[1.0], [10.0]]]]> : tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  %y = quantir.conv %x, %w {strides = array<i64: 1, 2>, dilations = array<i64: 1, 2>} : tensor<1x1x5x1xf32>, tensor<1x1x2x1xf32> -> tensor<1x1x2x1xf32>
  return %y : tensor<1x1x2x1xf32>
}

// 16777216 + 1 * 1 loses the 1 twice, so that the large numbers cancel to 0.
// CHECK-LABEL: @sums_in_order_with_one_rounding_each
// CHECK: quantir.constant dense<0.000000e+00>
func.func @sums_in_order_with_one_rounding_each() -> tensor<1x1x1x1xf32> {
  %x = quantir.constant dense<[[[[16777216.0, 1.0, 1.0, -16777216.0]]]]> : tensor<1x1x1x4xf32> -> tensor<1x1x1x4xf32>
  %w = quantir.constant dense<1.0> : tensor<1x1x1x4xf32> -> tensor<1x1x1x4xf32>
  %y = quantir.conv %x, %w : tensor<1x1x1x4xf32>, tensor<1x1x1x4xf32> -> tensor<1x1x1x1xf32>
  return %y : tensor<1x1x1x1xf32>
}

// Outside the image stands real zero.
// CHECK-LABEL: @codes_lose_their_zero_point
// CHECK{LITERAL}: quantir.constant dense<[[[[97], [-654]]]]>
func.func @codes_lose_their_zero_point() -> tensor<1x1x2x1x!quant.uniform<i32:f32, 0.25>> {
  %x = quantir.constant dense<[[[[4], [-1]]]]> : tensor<1x1x2x1xi8> -> tensor<1x1x2x1x!quant.uniform<u8:f32, 0.5:3>>
  %w = quantir.constant dense<[[[[2], [-3]]]]> : tensor<1x1x2x1xi8> -> tensor<1x1x2x1x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %b = quantir.constant dense<[100]> : tensor<1xi32> -> tensor<1x!quant.uniform<i32:f32, 0.25>>
  %y = quantir.conv %x, %w bias %b {pads = array<i64: 0, 1, 0, 0>} : tensor<1x1x2x1x!quant.uniform<u8:f32, 0.5:3>>, tensor<1x1x2x1x!quant.uniform<i8<-127:127>:f32, 0.5>>, tensor<1x!quant.uniform<i32:f32, 0.25>> -> tensor<1x1x2x1x!quant.uniform<i32:f32, 0.25>>
  return %y : tensor<1x1x2x1x!quant.uniform<i32:f32, 0.25>>
}

