// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (R1)
func.func @wide_result(%x: tensor<4x!quant.uniform<i32:f32, 0.125>>) -> tensor<4x!quant.uniform<i32:f32, 0.125>> {
  // expected-error @+1 {{cannot requantize}}
  %q = quantir.requantize %x : tensor<4x!quant.uniform<i32:f32, 0.125>> -> tensor<4x!quant.uniform<i32:f32, 0.125>>
  return %q : tensor<4x!quant.uniform<i32:f32, 0.125>>
}

// -----

// (R2)
func.func @bounds_the_wrong_way_round(%x: tensor<4x!quant.uniform<i32:f32, 0.125>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
  // expected-error @+1 {{clamps to [9, 8], outside}}
  %q = quantir.requantize %x {low = 9 : i32, high = 8 : i32} : tensor<4x!quant.uniform<i32:f32, 0.125>> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
  return %q : tensor<4x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// (R2)
func.func @bound_outside_the_storage(%x: tensor<4x!quant.uniform<i32:f32, 0.125>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
  // expected-error @+1 {{clamps to [-1, 255], outside}}
  %q = quantir.requantize %x {low = -1 : i32} : tensor<4x!quant.uniform<i32:f32, 0.125>> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
  return %q : tensor<4x!quant.uniform<u8:f32, 0.5:3>>
}
