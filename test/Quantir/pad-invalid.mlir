// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (P1)
func.func @one_entry_for_two_dimensions(%x0: tensor<2x3xf32>) -> tensor<2x4xf32> {
  // expected-error @+2 {{needs an entry of low and high for each dimension of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: 0>, high = array<i64: 0, 1>} : tensor<2x3xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// -----

// (P1)
func.func @negative(%x0: tensor<3xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{pads a dimension by -1 and 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: -1>, high = array<i64: 0>} : tensor<3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// (P2)
func.func @reflects_more_than_there_is(%x0: tensor<3xf32>) -> tensor<6xf32> {
  // expected-error @+2 {{has 3 elements to pad by 3 and 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.pad %x0 {low = array<i64: 3>, high = array<i64: 0>, mode = #quantir.pad_mode<reflect>} : tensor<3xf32> -> tensor<6xf32>
  return %y : tensor<6xf32>
}

// -----

// (P3)
func.func @no_one_code(%x: tensor<2x!quant.uniform<i8:f32:0, {0.5,0.25}>>) -> tensor<3x!quant.uniform<i8:f32:0, {0.5,0.25}>> {
  // expected-error @+1 {{has no one code for 1.000000e+00 in '!quant.uniform<i8:f32:0, {5.000000e-01,2.500000e-01}>'}}
  %y = quantir.pad %x {low = array<i64: 0>, high = array<i64: 1>, value = 1.0 : f64} : tensor<2x!quant.uniform<i8:f32:0, {0.5,0.25}>> -> tensor<3x!quant.uniform<i8:f32:0, {0.5,0.25}>>
  return %y : tensor<3x!quant.uniform<i8:f32:0, {0.5,0.25}>>
}
