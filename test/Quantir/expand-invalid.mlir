// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (E1)
func.func @other_size(%x0: tensor<2x3xf32>) -> tensor<2x6xf32> {
  // expected-error @+1 {{cannot repeat 'tensor<2x3xf32>' to 'tensor<2x6xf32>'}}
  %y = quantir.expand %x0  : tensor<2x3xf32> -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}
