// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (B1)
func.func @bytes_of_a_byte(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{takes bytes of '!quant.uniform<u8:f32, 5.000000e-01>'}}
  %l = quantir.byte %x : tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %l : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

// (B1)
func.func @high_byte_of_another_scale(%x: tensor<4x!quant.uniform<i16:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:128>> {
  // expected-error @+1 {{gives '!quant.uniform<u8:f32, 5.000000e-01:128>'; bytes of '!quant.uniform<i16:f32, 5.000000e-01>' are '!quant.uniform<u8:f32, 1.280000e+02:128>'}}
  %h = quantir.byte %x {high} : tensor<4x!quant.uniform<i16:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 0.5:128>>
  return %h : tensor<4x!quant.uniform<u8:f32, 0.5:128>>
}
