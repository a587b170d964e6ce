// RUN: quant-opt %s --quantir-note-extents -verify-diagnostics

// expected-error @+1 {{'quantir.extents' has no array<f64: low, high>, finite and rising, for 'relu:0'}}
module attributes {quantir.extents = {"relu:0" = array<f64: 6.5, 0.0>}} {
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    %y = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
