// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @different_types(%a: tensor<4xf32>, %b: tensor<4xi32>) -> tensor<4xi1> {
  // expected-error @+1 {{compares 'f32' with 'i32'}}
  %r = quantir.compare <lt> %a, %b : tensor<4xf32>, tensor<4xi32> -> tensor<4xi1>
  return %r : tensor<4xi1>
}
