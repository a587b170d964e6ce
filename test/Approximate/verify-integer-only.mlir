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
