// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @codes(%x: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4xf32> {
  // expected-error @+1 {{does not cast '!quant.uniform<u8:f32, 5.000000e-01>'; quantize or dequantize}}
  %y = quantir.cast %x : tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// (C2)
func.func @short_float_to_integer(%x: tensor<4xbf16>) -> tensor<4xi32> {
  // expected-error @+1 {{casts 'bf16' to 'i32'; cast to f32 first}}
  %y = quantir.cast %x : tensor<4xbf16> -> tensor<4xi32>
  return %y : tensor<4xi32>
}

// -----

func.func @arithmetic_on_short_floats(%x: tensor<4xf16>) -> tensor<4xf16> {
  // expected-error @+1 {{does not compute on 'f16'; cast it to f32}}
  %y = quantir.add %x, %x : tensor<4xf16>, tensor<4xf16> -> tensor<4xf16>
  return %y : tensor<4xf16>
}
