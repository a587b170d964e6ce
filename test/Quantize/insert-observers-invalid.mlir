// RUN: quant-opt %s -quantir-insert-observers -verify-diagnostics

// expected-error @+1 {{is observed already}}
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> attributes {quantir.observed = []} {
  return %x : tensor<2x3xf32>
}
