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

func.func @what_has_no_form(%acc: tensor<1x4x!acc>) -> tensor<1x4xf32> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<1x4x!acc> -> tensor<1x4xf32>
  // expected-remark @+1 {{its logarithm has no form on codes}}
  %y = quantir.softmax %x {log, quantir.extent = array<f64: -9.0, 0.0>} : tensor<1x4xf32> -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}
