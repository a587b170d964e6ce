// RUN: quant-opt %s -split-input-file -verify-diagnostics

!acc = !quant.uniform<i32:f32, 0.5>

// (N1)
func.func @sum_of_32_bits(%a: tensor<2x!acc>) -> tensor<2x!acc> {
  // expected-error @+1 {{does not compute '!quant.uniform<i32:f32, 5.000000e-01>' from}}
  %r = quantir.add %a, %a : tensor<2x!acc>, tensor<2x!acc> -> tensor<2x!acc>
  return %r : tensor<2x!acc>
}

// -----

!channels = !quant.uniform<i32:f32:0, {0.5, 1.0}>
!wide = !quant.uniform<i16:f32, 0.5>

// (N1)
func.func @product_of_channels(%a: tensor<2x!channels>) -> tensor<2x!wide> {
  // expected-error @+1 {{does not compute}}
  %r = quantir.mul %a, %a : tensor<2x!channels>, tensor<2x!channels> -> tensor<2x!wide>
  return %r : tensor<2x!wide>
}

// -----

!channels = !quant.uniform<i32:f32:0, {0.5, 1.0}>
!wide = !quant.uniform<i16:f32, 0.5>

// (N2)
func.func @channels_that_repeat(%a: tensor<2x!channels>, %b: tensor<3x2x!wide>) -> tensor<3x2x!wide> {
  // expected-error @+1 {{does not compute}}
  %r = quantir.add %a, %b : tensor<2x!channels>, tensor<3x2x!wide> -> tensor<3x2x!wide>
  return %r : tensor<3x2x!wide>
}

// -----

!wide = !quant.uniform<i16:f32, 0.5>

func.func @reciprocal_of_16_bits(%a: tensor<2x!wide>) -> tensor<2x!wide> {
  // expected-error @+1 {{does not compute}}
  %r = quantir.reciprocal %a : tensor<2x!wide> -> tensor<2x!wide>
  return %r : tensor<2x!wide>
}

// -----

!wide = !quant.uniform<i16:f32, 0.5>

// (C1)
func.func @cast_of_scale(%a: tensor<2x!quant.uniform<i16:f32, 0.1>>) -> tensor<2xi64> {
  // expected-error @+1 {{does not cast}}
  %r = quantir.cast %a : tensor<2x!quant.uniform<i16:f32, 0.1>> -> tensor<2xi64>
  return %r : tensor<2xi64>
}

// -----

!wide = !quant.uniform<i16:f32, 0.5>

// (S2)
func.func @logarithm_in_floats(%a: tensor<2x4x!wide>) -> tensor<2x4xf32> {
  // expected-error @+1 {{it needs f32, or codes of 8 or 16 bits}}
  %r = quantir.softmax %a {log} : tensor<2x4x!wide> -> tensor<2x4xf32>
  return %r : tensor<2x4xf32>
}

// -----

!wide = !quant.uniform<i16:f32, 0.5>

// (P2)
func.func @too_many_taps(%a: tensor<1x256x256x1x!wide>) -> tensor<1x1x1x1x!wide> {
  // expected-error @+1 {{averages '!quant.uniform<i16:f32, 5.000000e-01>' to '!quant.uniform<i16:f32, 5.000000e-01>' in windows of 256 by 256}}
  %r = quantir.avg_pool %a {kernel = array<i64: 256, 256>} : tensor<1x256x256x1x!wide> -> tensor<1x1x1x1x!wide>
  return %r : tensor<1x1x1x1x!wide>
}

// -----

!wide = !quant.uniform<i16:f32, 0.5>

// (R1)
func.func @wide_without_q31(%a: tensor<4x!wide>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{cannot requantize}}
  %r = quantir.requantize %a : tensor<4x!wide> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %r : tensor<4x!quant.uniform<u8:f32, 0.5>>
}
