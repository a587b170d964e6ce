// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (G1)
func.func @no_such_axis(%x0: tensor<2x3xf32>, %x1: tensor<1xi64>) -> tensor<2x1xf32> {
  // expected-error @+2 {{has nothing to gather along axis 2 of 'tensor<2x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.gather %x0, %x1 {axis = 2 : i64} : tensor<2x3xf32>, tensor<1xi64> -> tensor<2x1xf32>
  return %y : tensor<2x1xf32>
}

// -----

// (G1)
func.func @empty_dimension(%x0: tensor<0x3xf32>, %x1: tensor<1xi64>) -> tensor<1x3xf32> {
  // expected-error @+2 {{has nothing to gather along axis 0 of 'tensor<0x3xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.gather %x0, %x1 {axis = 0 : i64} : tensor<0x3xf32>, tensor<1xi64> -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// -----

// (G2)
func.func @along_the_axis_of_scales(%x0: tensor<2x3x!quant.uniform<i8:f32:0, {0.5,0.25}>>, %x1: tensor<1xi64>) -> tensor<1x3x!quant.uniform<i8:f32:0, {0.5,0.25}>> {
  // expected-error @+2 {{gathers along the axis of the scales of}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.gather %x0, %x1 {axis = 0 : i64} : tensor<2x3x!quant.uniform<i8:f32:0, {0.5,0.25}>>, tensor<1xi64> -> tensor<1x3x!quant.uniform<i8:f32:0, {0.5,0.25}>>
  return %y : tensor<1x3x!quant.uniform<i8:f32:0, {0.5,0.25}>>
}
