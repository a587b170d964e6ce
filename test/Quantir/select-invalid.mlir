// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @different_types(%c: tensor<4xi1>, %a: tensor<4xf32>, %b: tensor<4xi32>) -> tensor<4xf32> {
  // expected-error @+1 {{chooses between 'f32' and 'i32' for a result of 'f32'}}
  %r = quantir.select %c, %a, %b : tensor<4xi1>, tensor<4xf32>, tensor<4xi32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}
