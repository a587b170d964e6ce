// RUN: quant-opt %s -split-input-file -verify-diagnostics --quantir-interpret

func.func @operation_of_another_dialect() -> tensor<2xf32> {
  %x = quantir.constant dense<1.0> : tensor<2xf32> -> tensor<2xf32>
  // expected-error @+1 {{is no computation that can be interpreted}}
  %y = arith.negf %x : tensor<2xf32>
  return %y : tensor<2xf32>
}
