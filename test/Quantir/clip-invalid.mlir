// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1)
func.func @low_above_high(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has low 2.000000e+00 above high -1.000000e+00}}
  %y = quantir.clip %x {low = 2.0 : f32, high = -1.0 : f32} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// (C1)
func.func @not_a_number(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has low}}
  %y = quantir.clip %x {low = 0x7FC00000 : f32} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
