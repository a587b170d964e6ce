// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (L1)
func.func @short_scale(%x0: tensor<2x8xf32>, %x1: tensor<7xf32>, %x2: tensor<8xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{has scale 'tensor<7xf32>' and bias 'tensor<8xf32>' for rows of 8}}
  %y = quantir.layer_norm %x0, %x1, %x2 {epsilon = 0.0 : f32} : tensor<2x8xf32>, tensor<7xf32>, tensor<8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

// (L3)
func.func @form_of_floats(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{has form ivit but is not of codes}}
  %y = quantir.layer_norm %x, %s, %s {epsilon = 1.0e-5 : f32, form = #quantir.norm_form<ivit>} : tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}
