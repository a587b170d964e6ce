// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// d is -512, 88 and 511; the slope 2 + ((2 d) >> 9) is 0, 2 and 3.
// CHECK-LABEL: @quadratic_around_the_middle_of_a_segment
// CHECK: quantir.constant dense<[2, 178, 1535]>
func.func @quadratic_around_the_middle_of_a_segment() -> tensor<3x!quant.uniform<i16:f32, 0.5>> {
  %x = quantir.constant dense<[0, 600, -1]> : tensor<3xi16> -> tensor<3x!quant.uniform<i16:f32, 0.25>>
  %t = quantir.constant dense<2> : tensor<3x64xi32> -> tensor<3x64xi32>
  %y = quantir.interpolate %x, %t {fraction_bits = 0 : i64, steps_off = 0.5 : f64}
      : tensor<3x!quant.uniform<i16:f32, 0.25>>, tensor<3x64xi32> -> tensor<3x!quant.uniform<i16:f32, 0.5>>
  return %y : tensor<3x!quant.uniform<i16:f32, 0.5>>
}

// 178 / 16 is 11.125, 1535 / 16 is 95.9.
// CHECK-LABEL: @fraction_bits_round
// CHECK: quantir.constant dense<[0, 11, 96]>
func.func @fraction_bits_round() -> tensor<3x!quant.uniform<u8:f32, 0.5:3>> {
  %x = quantir.constant dense<[0, 600, -1]> : tensor<3xi16> -> tensor<3x!quant.uniform<i16:f32, 0.25>>
  %t = quantir.constant dense<2> : tensor<3x64xi32> -> tensor<3x64xi32>
  %y = quantir.interpolate %x, %t {fraction_bits = 4 : i64, steps_off = 0.5 : f64}
      : tensor<3x!quant.uniform<i16:f32, 0.25>>, tensor<3x64xi32> -> tensor<3x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<3x!quant.uniform<u8:f32, 0.5:3>>
}
