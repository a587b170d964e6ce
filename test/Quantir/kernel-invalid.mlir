// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (K1)
func.func @other_arguments(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{has a body whose arguments are not the operands}}
  %r = quantir.kernel (%x) {
  ^bb0(%a: tensor<3xf32>):
    quantir.yield %a : tensor<3xf32>
  } : (tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}

// -----

// (K1)
func.func @other_results(%x: tensor<2xf32>) -> tensor<3xf32> {
  // expected-error @+1 {{yields other types than its results}}
  %r = quantir.kernel (%x) {
  ^bb0(%a: tensor<2xf32>):
    quantir.yield %a : tensor<2xf32>
  } : (tensor<2xf32>) -> tensor<3xf32>
  return %r : tensor<3xf32>
}
