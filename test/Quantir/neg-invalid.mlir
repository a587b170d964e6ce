// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @truths(%x: tensor<4xi1>) -> tensor<4xi1> {
  // expected-error @+1 {{does not compute on i1}}
  %y = quantir.neg %x : tensor<4xi1> -> tensor<4xi1>
  return %y : tensor<4xi1>
}

// -----

func.func @another_type(%x: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error @+1 {{mixes 'f32' with 'i32'}}
  %y = quantir.neg %x : tensor<4xf32> -> tensor<4xi32>
  return %y : tensor<4xi32>
}
