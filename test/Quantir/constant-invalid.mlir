// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1)
func.func @other_shape() -> tensor<3xf32> {
  // expected-error @+1 {{holds 'tensor<2xf32>' for 'tensor<3xf32>'}}
  %c = quantir.constant dense<1.0> : tensor<2xf32> -> tensor<3xf32>
  return %c : tensor<3xf32>
}

// -----

// (C1)
func.func @other_storage() -> tensor<2x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{holds 'tensor<2xui8>' for}}
  %c = quantir.constant dense<1> : tensor<2xui8> -> tensor<2x!quant.uniform<u8:f32, 0.5>>
  return %c : tensor<2x!quant.uniform<u8:f32, 0.5>>
}
