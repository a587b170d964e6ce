// RUN: quant-opt %s -split-input-file -verify-diagnostics --quantir-interpret

func.func @function_of_floats_on_integers() -> tensor<2xi32> {
  %x = quantir.constant dense<1> : tensor<2xi32> -> tensor<2xi32>
  // expected-error @+1 {{has no meaning on elements of 'i32' giving 'i32'}}
  %y = quantir.exp %x : tensor<2xi32> -> tensor<2xi32>
  return %y : tensor<2xi32>
}
