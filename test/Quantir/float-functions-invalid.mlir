// RUN: quant-opt %s -split-input-file -verify-diagnostics

// Functions of f32 alone refuse everything else.
func.func @of_integers(%x: tensor<4xi32>) -> tensor<4xi32> {
  // expected-error @+1 {{must be static tensor of f32, but got 'tensor<4xi32>'}}
  %y = quantir.exp %x : tensor<4xi32> -> tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @giving_integers(%x: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error @+1 {{must be static tensor of f32, but got 'tensor<4xi32>'}}
  %y = quantir.round %x : tensor<4xf32> -> tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @of_codes(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4xf32> {
  // expected-error @+1 {{must be static tensor of f32}}
  %y = quantir.clip %x {low = 0.0 : f32} : tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

func.func @with_an_attribute(%x: tensor<4xi64>) -> tensor<4xi64> {
  // expected-error @+1 {{must be static tensor of f32, but got 'tensor<4xi64>'}}
  %y = quantir.leaky_relu %x {alpha = 0.5 : f32} : tensor<4xi64> -> tensor<4xi64>
  return %y : tensor<4xi64>
}
