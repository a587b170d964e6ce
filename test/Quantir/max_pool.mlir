// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @every_window
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [3.000000e+00]]]]>
func.func @every_window() -> tensor<1x1x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [-2.0], [3.0]], [[-4.0], [-5.0], [-6.0]]]]> : tensor<1x2x3x1xf32> -> tensor<1x2x3x1xf32>
  %y = quantir.max_pool %x {kernel = array<i64: 2, 2>} : tensor<1x2x3x1xf32> -> tensor<1x1x2x1xf32>
  return %y : tensor<1x1x2x1xf32>
}

// CHECK-LABEL: @does_not_look_at_padding
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [3.000000e+00]], [[-4.000000e+00], [-5.000000e+00]]]]>
func.func @does_not_look_at_padding() -> tensor<1x2x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [-2.0], [3.0]], [[-4.0], [-5.0], [-6.0]]]]> : tensor<1x2x3x1xf32> -> tensor<1x2x3x1xf32>
  %y = quantir.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 0>} : tensor<1x2x3x1xf32> -> tensor<1x2x2x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

// CHECK-LABEL: @unsigned_codes
// CHECK: quantir.constant dense<-1>
func.func @unsigned_codes() -> tensor<1x1x1x1x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[[[[1], [-1]]]]> : tensor<1x1x2x1xi8> -> tensor<1x1x2x1x!quant.uniform<u8:f32, 0.5:3>>
  %y = quantir.max_pool %x {kernel = array<i64: 1, 2>} : tensor<1x1x2x1x!quant.uniform<u8:f32, 0.5:3>> -> tensor<1x1x1x1x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<1x1x1x1x!quant.uniform<u8:f32, 0.5:3>>
}

