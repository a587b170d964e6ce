// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (R1)
func.func @axis_twice(%x0: tensor<2x3xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{has axes that are not rising, distinct dimensions of}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.reduce <sum> %x0 {axes = array<i64: 1, 1>} : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// (R1)
func.func @axis_beyond_the_rank(%x0: tensor<2x3xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{has axes that are not rising, distinct dimensions of}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.reduce <sum> %x0 {axes = array<i64: 2>} : tensor<2x3xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// (R2)
func.func @sum_of_codes_in_eight_bits(%x0: tensor<2x3x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<2x!quant.uniform<u8:f32, 0.5:3>> {
  // expected-error @+1 {{reduces}}
  %y = quantir.reduce <sum> %x0 {axes = array<i64: 1>} : tensor<2x3x!quant.uniform<u8:f32, 0.5:3>> -> tensor<2x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<2x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// (R2)
func.func @maximum_of_another_type(%x0: tensor<2x3xf32>) -> tensor<2xi32> {
  // expected-error @+1 {{reduces 'f32' to 'i32'}}
  %y = quantir.reduce <max> %x0 {axes = array<i64: 1>} : tensor<2x3xf32> -> tensor<2xi32>
  return %y : tensor<2xi32>
}
