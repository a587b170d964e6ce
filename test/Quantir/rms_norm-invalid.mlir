// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (N1)
func.func @short_scale(%x0: tensor<2x8xf32>, %x1: tensor<7xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{has scale 'tensor<7xf32>' for rows of 8}}
  %y = quantir.rms_norm %x0, %x1 {epsilon = 0.0 : f32} : tensor<2x8xf32>, tensor<7xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// (N2)
func.func @codes_to_floats(%x: tensor<2x8x!quant.uniform<i16:f32, 0.01>>, %s: tensor<8xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{it needs f32, or codes of 8 or 16 bits in rows of at most 32767}}
  %y = quantir.rms_norm %x, %s {epsilon = 0.0 : f32} : tensor<2x8x!quant.uniform<i16:f32, 0.01>>, tensor<8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
