// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (R1)
func.func @other_number_of_elements(%x: tensor<2x3xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{reshapes 'tensor<2x3xf32>' to 'tensor<5xf32>'}}
  %y = quantir.reshape %x : tensor<2x3xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}
