// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// M = 0.25.
// CHECK-LABEL: @accumulators
// CHECK: quantir.constant dense<[3, 3, 5, 1, 4, 0, -1, -1]>
func.func @accumulators() -> tensor<8x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[0, 2, 6, -6, 3, -14, 1006, 2147483647]> : tensor<8xi32> -> tensor<8x!quant.uniform<i32:f32, 0.125>>
  %y = quantir.requantize %x : tensor<8x!quant.uniform<i32:f32, 0.125>> -> tensor<8x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<8x!quant.uniform<u8:f32, 0.5:3>>
}

// CHECK-LABEL: @clamps_for_a_fused_relu
// CHECK: quantir.constant dense<[3, 5, 27]>
func.func @clamps_for_a_fused_relu() -> tensor<3x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[-400, 8, 400]> : tensor<3xi32> -> tensor<3x!quant.uniform<i32:f32, 0.125>>
  %y = quantir.requantize %x {low = 3 : i32, high = 27 : i32} : tensor<3x!quant.uniform<i32:f32, 0.125>> -> tensor<3x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<3x!quant.uniform<u8:f32, 0.5:3>>
}

// CHECK-LABEL: @one_multiplier_a_channel
// CHECK{LITERAL}: quantir.constant dense<[[4, 1], [5, 7]]>
func.func @one_multiplier_a_channel() -> tensor<2x2x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[[4, -4], [8, 8]]> : tensor<2x2xi32> -> tensor<2x2x!quant.uniform<i32:f32:1, {0.125,0.25}>>
  %y = quantir.requantize %x : tensor<2x2x!quant.uniform<i32:f32:1, {0.125,0.25}>> -> tensor<2x2x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<2x2x!quant.uniform<u8:f32, 0.5:3>>
}

// CHECK-LABEL: @codes_to_another_scale
// CHECK: quantir.constant dense<[119, -3, -8]>
func.func @codes_to_another_scale() -> tensor<3x!quant.uniform<i8:f32, 1.0:-3>> {
  %x = quantir.constant dense<[-1, 10, 0]> : tensor<3xi8> -> tensor<3x!quant.uniform<u8:f32, 0.5:10>>
  %y = quantir.requantize %x : tensor<3x!quant.uniform<u8:f32, 0.5:10>> -> tensor<3x!quant.uniform<i8:f32, 1.0:-3>>
  return %y : tensor<3x!quant.uniform<i8:f32, 1.0:-3>>
}

