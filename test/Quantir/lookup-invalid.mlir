// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (L1)
func.func @short_table(%x: tensor<4x!quant.uniform<u8:f32, 0.5:3>>, %t: tensor<255x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
  // expected-error @+1 {{needs 8-bit codes and a table of 256 codes of the result's type}}
  %y = quantir.lookup %x, %t : tensor<4x!quant.uniform<u8:f32, 0.5:3>>, tensor<255x!quant.uniform<u8:f32, 0.5:3>> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<4x!quant.uniform<u8:f32, 0.5:3>>
}
