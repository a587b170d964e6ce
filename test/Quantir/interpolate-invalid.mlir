// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (I1)
func.func @bytes(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>, %t: tensor<3x64xi32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{cannot take}}
  %y = quantir.interpolate %x, %t {fraction_bits = 0 : i64, steps_off = 0.5 : f64}
      : tensor<4x!quant.uniform<u8:f32, 0.5>>, tensor<3x64xi32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// (I2)
func.func @short_table(%x: tensor<4x!quant.uniform<i16:f32, 0.5>>, %t: tensor<3x63xi32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{needs a table of 3x64 i32, not 'tensor<3x63xi32>'}}
  %y = quantir.interpolate %x, %t {fraction_bits = 0 : i64, steps_off = 0.5 : f64}
      : tensor<4x!quant.uniform<i16:f32, 0.5>>, tensor<3x63xi32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// (I3)
func.func @fraction_too_long(%x: tensor<4x!quant.uniform<i16:f32, 0.5>>, %t: tensor<3x64xi32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{has 31 fraction bits}}
  %y = quantir.interpolate %x, %t {fraction_bits = 31 : i64, steps_off = 0.5 : f64}
      : tensor<4x!quant.uniform<i16:f32, 0.5>>, tensor<3x64xi32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}
