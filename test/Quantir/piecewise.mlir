// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// Two segments a unit from -4 on, the last without end: the constant of each is
// its number.
// CHECK-LABEL: @segments
// CHECK: quantir.constant dense<[0, 0, 1, 8, 15, 15, 0]>
func.func @segments() -> tensor<7x!quant.uniform<u8:f32, 0.5>> {
  %x = quantir.constant dense<[-1.0e30, -3.6, -3.5, 0.0, 3.9, 1.0e30, 0x7FC00000]> : tensor<7xf32> -> tensor<7xf32>
  %t = quantir.constant dense<[[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0],
                               [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                               [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]>
      : tensor<3x16xf32> -> tensor<3x16xf32>
  %y = quantir.piecewise %x, %t {low = -4.0 : f32, high = 10.0 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64}
      : tensor<7xf32>, tensor<3x16xf32> -> tensor<7x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<7x!quant.uniform<u8:f32, 0.5>>
}

// 3 + 3 t + 3 t^2, rounded to even, limited to the codes.
// CHECK-LABEL: @quadratic
// CHECK: quantir.constant dense<[3, 2, 9, 127]>
func.func @quadratic() -> tensor<4x!quant.uniform<i8:f32, 0.5>> {
  %x = quantir.constant dense<[0.0, -0.5, 1.0, 7.5]> : tensor<4xf32> -> tensor<4xf32>
  %t = quantir.constant dense<3.0> : tensor<3x16xf32> -> tensor<3x16xf32>
  %y = quantir.piecewise %x, %t {low = -8.0 : f32, high = 7.9 : f32, segments_per_unit = 1.0 : f32, steps_off = 0.0 : f64}
      : tensor<4xf32>, tensor<3x16xf32> -> tensor<4x!quant.uniform<i8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<i8:f32, 0.5>>
}
