// RUN: quant-opt %s -split-input-file -verify-diagnostics

func.func @different_types(%a: tensor<4xf32>, %b: tensor<4xi32>) -> tensor<4xf32> {
  // expected-error @+1 {{mixes 'i32' with 'f32'}}
  %r = quantir.add %a, %b : tensor<4xf32>, tensor<4xi32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @shapes_that_do_not_broadcast(%a: tensor<4xf32>, %b: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error @+2 {{operands do not broadcast}}
  // expected-error @+1 {{failed to infer returned types}}
  %r = quantir.add %a, %b : tensor<4xf32>, tensor<3xf32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

func.func @codes(%a: tensor<4x!quant.uniform<u8:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
  // expected-error @+1 {{does not compute on codes; dequantize first}}
  %r = quantir.div %a, %a : tensor<4x!quant.uniform<u8:f32, 0.5>>, tensor<4x!quant.uniform<u8:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
  return %r : tensor<4x!quant.uniform<u8:f32, 0.5>>
}

// -----

func.func @truths(%a: tensor<4xi1>) -> tensor<4xi1> {
  // expected-error @+1 {{does not compute on i1}}
  %r = quantir.add %a, %a : tensor<4xi1>, tensor<4xi1> -> tensor<4xi1>
  return %r : tensor<4xi1>
}
