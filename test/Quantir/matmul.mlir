// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @matrix
// CHECK{LITERAL}: quantir.constant dense<[[2.100000e+01, 1.800000e+01, 3.300000e+01], [2.700000e+01, 1.600000e+01, 2.600000e+01]]>
func.func @matrix() -> tensor<2x3xf32> {
  %a = quantir.constant dense<[[1.0, 2.0], [-3.0, 4.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %b = quantir.constant dense<[[1.0, 0.0, 2.0], [5.0, -1.0, 0.5]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %c = quantir.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.matmul %a, %b bias %c : tensor<2x2xf32>, tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// CHECK-LABEL: @transposed_right_operand
// CHECK{LITERAL}: quantir.constant dense<[[1.100000e+01, -2.000000e+00, 3.000000e+00]]>
func.func @transposed_right_operand() -> tensor<1x3xf32> {
  %a = quantir.constant dense<[[1.0, 2.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %b = quantir.constant dense<[[1.0, 5.0], [0.0, -1.0], [2.0, 0.5]]> : tensor<3x2xf32> -> tensor<3x2xf32>
  %y = quantir.matmul %a, %b {transpose_rhs} : tensor<1x2xf32>, tensor<3x2xf32> -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// CHECK-LABEL: @leading_dimensions_repeat
// CHECK{LITERAL}: quantir.constant dense<[[[[3.000000e+00]], [[-4.000000e+00]], [[5.000000e+00]]], [[[6.000000e+00]], [[-8.000000e+00]], [[1.000000e+01]]]]>
func.func @leading_dimensions_repeat() -> tensor<2x3x1x1xf32> {
  %a = quantir.constant dense<[[[[1.0]]], [[[2.0]]]]> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %b = quantir.constant dense<[[[3.0]], [[-4.0]], [[5.0]]]> : tensor<3x1x1xf32> -> tensor<3x1x1xf32>
  %y = quantir.matmul %a, %b : tensor<2x1x1x1xf32>, tensor<3x1x1xf32> -> tensor<2x3x1x1xf32>
  return %y : tensor<2x3x1x1xf32>
}

// CHECK-LABEL: @codes_of_two_activations
// CHECK: quantir.constant dense<31877>
func.func @codes_of_two_activations() -> tensor<1x1x!quant.uniform<i32:f32, 0.25>> {
  %a = quantir.constant dense<[[3, 4, -1]]> : tensor<1x3xi8> -> tensor<1x3x!quant.uniform<u8:f32, 0.5:3>>
  %b = quantir.constant dense<[[1], [-127], [127]]> : tensor<3x1xi8> -> tensor<3x1x!quant.uniform<i8<-127:127>:f32, 0.5>>
  %y = quantir.matmul %a, %b : tensor<1x3x!quant.uniform<u8:f32, 0.5:3>>, tensor<3x1x!quant.uniform<i8<-127:127>:f32, 0.5>> -> tensor<1x1x!quant.uniform<i32:f32, 0.25>>
  return %y : tensor<1x1x!quant.uniform<i32:f32, 0.25>>
}

// 2^24 + 1 is no f32: the fourth product is added before the third, and that of
// an odd depth at the end.
// CHECK-LABEL: @pairs_of_bf16
// CHECK{LITERAL}: quantir.constant dense<[[0x4B800000], [0x4B800001]]>
func.func @pairs_of_bf16() -> tensor<2x1xf32> {
  %a = quantir.constant dense<[[1.0, 0.0, 1.0, 4096.0, 0.0], [1.0, 0.0, 1.0, 4096.0, 2.0]]> : tensor<2x5xbf16> -> tensor<2x5xbf16>
  %b = quantir.constant dense<[[1.0], [1.0], [1.0], [4096.0], [1.0]]> : tensor<5x1xbf16> -> tensor<5x1xbf16>
  %y = quantir.matmul %a, %b : tensor<2x5xbf16>, tensor<5x1xbf16> -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// CHECK-LABEL: @weights_of_f16
// CHECK{LITERAL}: quantir.constant dense<[[3.00012207, -3.00024414]]>
func.func @weights_of_f16() -> tensor<1x2xf32> {
  %a = quantir.constant dense<[[1.0, 2.0001221]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %b = quantir.constant dense<[[1.0, 1.0], [1.0, -2.0]]> : tensor<2x2xf16> -> tensor<2x2xf16>
  %y = quantir.matmul %a, %b : tensor<1x2xf32>, tensor<2x2xf16> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
