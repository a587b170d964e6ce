// RUN: quant-opt %s -split-input-file -quantir-quantize -verify-diagnostics

// expected-error @+1 {{has neither 'quantir.scales' nor 'quantir.ranges'; calibrate it with sample data first}}
module {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}

// -----

// expected-error @+1 {{'quantir.ranges' has no array<f64: low, high>, finite and rising, for 'x:0'}}
module attributes {quantir.ranges = {"x:0" = array<f64: 1.0, -1.0>}} {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}

// -----

// expected-error @+1 {{scales positive and zero point a u8 code}}
module attributes {quantir.scales = {"x:0" = {scale = 1.0 : f32, zero_point = 256 : i32, symmetric = 1.0 : f32}}} {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}

// -----

// expected-error @+1 {{'quantir.channels' has no {low, high, mean = array<f32: ...>} of equal length}}
module attributes {quantir.ranges = {}, quantir.channels = {"x:0" = {low = array<f32: 0.0>, high = array<f32: 1.0>, mean = array<f32: 0.0, 1.0>}}} {
  func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}
