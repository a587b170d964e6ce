// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @with_a_value
// CHECK{LITERAL}: quantir.constant dense<[[7, 1, -2, 7, 7], [7, 7, 7, 7, 7]]>
func.func @with_a_value() -> tensor<2x5xi32> {
  %x = quantir.constant dense<[[1, -2]]> : tensor<1x2xi32> -> tensor<1x2xi32>
  %y = quantir.pad %x {low = array<i64: 0, 1>, high = array<i64: 1, 2>, value = 7.0 : f64} : tensor<1x2xi32> -> tensor<2x5xi32>
  return %y : tensor<2x5xi32>
}

// CHECK-LABEL: @repeats_the_edge
// CHECK: quantir.constant dense<[1, 1, -2, -2, -2]>
func.func @repeats_the_edge() -> tensor<5xi32> {
  %x = quantir.constant dense<[1, -2]> : tensor<2xi32> -> tensor<2xi32>
  %y = quantir.pad %x {low = array<i64: 1>, high = array<i64: 2>, mode = #quantir.pad_mode<edge>} : tensor<2xi32> -> tensor<5xi32>
  return %y : tensor<5xi32>
}

// CHECK-LABEL: @reflects_without_the_edge
// CHECK: quantir.constant dense<[3, -2, 1, -2, 3, -2]>
func.func @reflects_without_the_edge() -> tensor<6xi32> {
  %x = quantir.constant dense<[1, -2, 3]> : tensor<3xi32> -> tensor<3xi32>
  %y = quantir.pad %x {low = array<i64: 2>, high = array<i64: 1>, mode = #quantir.pad_mode<reflect>} : tensor<3xi32> -> tensor<6xi32>
  return %y : tensor<6xi32>
}

// CHECK-LABEL: @codes_with_real_zero
// CHECK: quantir.constant dense<[3, 1, 2]>
func.func @codes_with_real_zero() -> tensor<3x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[1, 2]> : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 0.5:3>>
  %y = quantir.pad %x {low = array<i64: 1>, high = array<i64: 0>} : tensor<2x!quant.uniform<u8:f32, 0.5:3>> -> tensor<3x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<3x!quant.uniform<u8:f32, 0.5:3>>
}

// CHECK-LABEL: @codes_with_the_nearest_code
// CHECK: quantir.constant dense<[1, 2, 1]>
func.func @codes_with_the_nearest_code() -> tensor<3x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[1, 2]> : tensor<2xi8> -> tensor<2x!quant.uniform<u8:f32, 0.5:3>>
  %y = quantir.pad %x {low = array<i64: 0>, high = array<i64: 1>, value = -0.8 : f64} : tensor<2x!quant.uniform<u8:f32, 0.5:3>> -> tensor<3x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<3x!quant.uniform<u8:f32, 0.5:3>>
}

