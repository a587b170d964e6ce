// RUN: quant-opt %s -split-input-file --quantir-verify-integer-only -verify-diagnostics

!u8 = !quant.uniform<u8:f32, 0.02:9>

func.func @conversions_at_the_ends(%x: tensor<2x4xf32>) -> tensor<4x2xf32> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<2x4xf32> -> tensor<4x2xf32>
  %q = quantir.quantize %t : tensor<4x2xf32> -> tensor<4x2x!u8>
  %y = quantir.dequantize %q : tensor<4x2x!u8> -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.02:9>

func.func @float_in_between(%x: tensor<4x!u8>) -> tensor<4xf32> {
  // expected-error @+1 {{is computed in floating point (quantir.dequantize)}}
  %y = quantir.dequantize %x : tensor<4x!u8> -> tensor<4xf32>
  // expected-error @+1 {{is computed in floating point (quantir.exp)}}
  %e = quantir.exp %y : tensor<4xf32> -> tensor<4xf32>
  return %e : tensor<4xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.02:9>

func.func @float_multiplication_in_requantize(%x: tensor<4x!u8>) -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
  // expected-error @+1 {{is computed in floating point (quantir.requantize)}}
  %y = quantir.requantize %x : tensor<4x!u8> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// The scales of a norm become integers when it is lowered.
!i16 = !quant.uniform<i16:f32, 0.001>

func.func @norms_of_codes(%x: tensor<2x4x!i16>) -> tensor<2x4x!i16> {
  %s = quantir.constant dense<2.0> : tensor<4xf32> -> tensor<4xf32>
  %n = quantir.layer_norm %x, %s, %s {epsilon = 1.0e-5 : f32} : tensor<2x4x!i16>, tensor<4xf32>, tensor<4xf32> -> tensor<2x4x!i16>
  %y = quantir.rms_norm %n, %s {epsilon = 1.0e-5 : f32} : tensor<2x4x!i16>, tensor<4xf32> -> tensor<2x4x!i16>
  return %y : tensor<2x4x!i16>
}
