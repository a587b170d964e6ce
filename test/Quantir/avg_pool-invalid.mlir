// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (P1)
func.func @kernel_zero(%x0: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  // expected-error @+2 {{has a kernel size, stride or dilation below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.avg_pool %x0 {kernel = array<i64: 0, 1>} : tensor<1x8x8x4xf32> -> tensor<1x8x8x4xf32>
  return %y : tensor<1x8x8x4xf32>
}

// -----

// (P1)
func.func @negative_pad(%x0: tensor<1x8x8x4xf32>) -> tensor<1x8x8x4xf32> {
  // expected-error @+2 {{has a negative pad}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.avg_pool %x0 {kernel = array<i64: 2, 2>, pads = array<i64: -1, 0, 0, 0>} : tensor<1x8x8x4xf32> -> tensor<1x8x8x4xf32>
  return %y : tensor<1x8x8x4xf32>
}

// -----

// (P1)
func.func @pad_as_large_as_the_kernel(%x0: tensor<1x8x8x4xf32>) -> tensor<1x9x7x4xf32> {
  // expected-error @+1 {{has a pad of 2 that a whole window fits into}}
  %y = quantir.avg_pool %x0 {kernel = array<i64: 2, 2>, pads = array<i64: 2, 0, 0, 0>} : tensor<1x8x8x4xf32> -> tensor<1x9x7x4xf32>
  return %y : tensor<1x9x7x4xf32>
}
