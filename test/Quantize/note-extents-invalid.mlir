// RUN: quant-opt %s --quantir-note-extents -verify-diagnostics

// expected-error @+1 {{has a malformed entry 'relu:0' in quantir.extents}}
module attributes {quantir.extents = {"relu:0" = array<f64: 6.5, 0.0>}} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
