// RUN: quant-opt %s --quantir-eliminate-floats -remark-format=emitRemark -remarks-filter='quantir-(approximate|quantize)' -verify-diagnostics

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.02:9>

func.func @certificate(%acc: tensor<4x!acc>) -> tensor<4x!u8> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  // expected-remark @+1 {{quantir.gelu is at most 0.50 steps of its result off, over all codes}}
  %y = quantir.gelu %x {quantir.extent = array<f64: -0.17, 4.0>} : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

func.func @what_calibration_did_not_see(%acc: tensor<4x!acc>) -> tensor<4xf32> {
  %x = quantir.dequantize %acc : tensor<4x!acc> -> tensor<4xf32>
  // expected-remark @+1 {{calibration did not see its result}}
  %y = quantir.gelu %x : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

func.func @what_has_no_form(%acc: tensor<1x4x!acc>) -> tensor<1xf32> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<1x4x!acc> -> tensor<1x4xf32>
  // expected-remark @+1 {{a product of many codes has no form on codes}}
  %y = quantir.reduce <prod> %x {axes = array<i64: 1>, quantir.extent = array<f64: -9.0, 9.0>} : tensor<1x4xf32> -> tensor<1xf32>
  return %y : tensor<1xf32>
}

func.func @logarithm_of_softmax(%acc: tensor<1x4x!acc>) -> tensor<1x4xf32> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<1x4x!acc> -> tensor<1x4xf32>
  // expected-remark @+1 {{quantir.softmax is at most 0.68 steps of its result off, proved for any row}}
  %y = quantir.softmax %x {log, quantir.extent = array<f64: -9.0, 0.0>} : tensor<1x4xf32> -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

func.func @images(%c: tensor<1x4x4x1x!u8>) -> tensor<1x6x6x1xf32> {
  %x = quantir.dequantize %c : tensor<1x4x4x1x!u8> -> tensor<1x4x4x1xf32>
  // expected-remark @+1 {{quantir.avg_pool is at most 0.50 steps of its result off, proved for any window}}
  %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, quantir.extent = array<f64: 0.0, 4.0>} : tensor<1x4x4x1xf32> -> tensor<1x3x3x1xf32>
  // expected-remark @+1 {{quantir.resize is at most 0.50 steps of its result off, proved for any image}}
  %z = quantir.resize %y {mode = #quantir.resize_mode<linear>, scales = array<f64: 2.0, 2.0>} : tensor<1x3x3x1xf32> -> tensor<1x6x6x1xf32>
  return %z : tensor<1x6x6x1xf32>
}
