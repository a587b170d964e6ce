// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (Q1)
func.func @wide_codes(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<i32:f32, 0.5>> {
  // expected-error @+1 {{cannot quantize to '!quant.uniform<i32:f32, 5.000000e-01>'}}
  %q = quantir.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i32:f32, 0.5>>
  return %q : tensor<4x!quant.uniform<i32:f32, 0.5>>
}

// -----

// (Q1)
func.func @denormal_scale(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<u8:f32, 1.0e-40>> {
  // expected-error @+1 {{cannot quantize to}}
  %q = quantir.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 1.0e-40>>
  return %q : tensor<4x!quant.uniform<u8:f32, 1.0e-40>>
}

// -----

func.func @scales_for_another_axis(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32:0, {0.5,0.25}>> {
  // expected-error @+1 {{has 2 scales on axis 0 of 'tensor<4x}}
  %q = quantir.quantize %x : tensor<4xf32> -> tensor<4x!quant.uniform<i8:f32:0, {0.5,0.25}>>
  return %q : tensor<4x!quant.uniform<i8:f32:0, {0.5,0.25}>>
}

// -----

// (Q2)
func.func @reciprocals_of_channels(%x: tensor<2xf32>) -> tensor<2x!quant.uniform<i8:f32:0, {0.5,0.25}>> {
  // expected-error @+1 {{cannot take the reciprocal of the scale of}}
  %q = quantir.quantize %x {by_reciprocal} : tensor<2xf32> -> tensor<2x!quant.uniform<i8:f32:0, {0.5,0.25}>>
  return %q : tensor<2x!quant.uniform<i8:f32:0, {0.5,0.25}>>
}
