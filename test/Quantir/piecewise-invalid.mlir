// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (P1)
func.func @wide(%x: tensor<4xf32>, %t: tensor<3x16xf32>) -> tensor<4x!quant.uniform<i16:f32, 0.5>> {
  // expected-error @+1 {{cannot take}}
  %y = quantir.piecewise %x, %t {low = -4.0 : f32, high = 3.9 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64}
      : tensor<4xf32>, tensor<3x16xf32> -> tensor<4x!quant.uniform<i16:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<i16:f32, 0.5>>
}

// -----

// (P2)
func.func @short_table(%x: tensor<4xf32>, %t: tensor<3x15xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{needs a table of 3x16 f32, not 'tensor<3x15xf32>'}}
  %y = quantir.piecewise %x, %t {low = -4.0 : f32, high = 3.9 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64}
      : tensor<4xf32>, tensor<3x15xf32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// (P3)
func.func @empty_range(%x: tensor<4xf32>, %t: tensor<3x16xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{has no segments from}}
  %y = quantir.piecewise %x, %t {low = 4.0 : f32, high = 4.0 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64}
      : tensor<4xf32>, tensor<3x16xf32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// (P3)
func.func @no_number(%x: tensor<4xf32>, %t: tensor<3x16xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{has no segments from}}
  %y = quantir.piecewise %x, %t {low = 0xFF800000 : f32, high = 4.0 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.0 : f64}
      : tensor<4xf32>, tensor<3x16xf32> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5>>
}
