// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (R1)
func.func @channels(%x0: tensor<1x2x2x3xf32>) -> tensor<1x2x2x4xf32> {
  // expected-error @+1 {{cannot resize 'tensor<1x2x2x3xf32>' to 'tensor<1x2x2x4xf32>'}}
  %y = quantir.resize %x0 {scales = array<f64: 1.0, 1.0>} : tensor<1x2x2x3xf32> -> tensor<1x2x2x4xf32>
  return %y : tensor<1x2x2x4xf32>
}

// -----

// (R1)
func.func @linear_on_integers(%x0: tensor<1x2x2x3xi8>) -> tensor<1x2x2x3xi8> {
  // expected-error @+1 {{cannot resize}}
  %y = quantir.resize %x0 {mode = #quantir.resize_mode<linear>, scales = array<f64: 1.0, 1.0>} : tensor<1x2x2x3xi8> -> tensor<1x2x2x3xi8>
  return %y : tensor<1x2x2x3xi8>
}

// -----

// (R2)
func.func @negative_scale(%x0: tensor<1x2x2x3xf32>) -> tensor<1x2x2x3xf32> {
  // expected-error @+1 {{needs two positive scales}}
  %y = quantir.resize %x0 {scales = array<f64: -1.0, 1.0>} : tensor<1x2x2x3xf32> -> tensor<1x2x2x3xf32>
  return %y : tensor<1x2x2x3xf32>
}
