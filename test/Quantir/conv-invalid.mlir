// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1)
func.func @stride_zero(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x3x3x4xf32>) -> tensor<1x6x6x8xf32> {
  // expected-error @+2 {{has a kernel size, stride or dilation below 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.conv %x0, %x1 {strides = array<i64: 0, 1>} : tensor<1x8x8x4xf32>, tensor<8x3x3x4xf32> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}

// -----

// (C1)
func.func @negative_pad(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x3x3x4xf32>) -> tensor<1x6x6x8xf32> {
  // expected-error @+2 {{has a negative pad}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.conv %x0, %x1 {pads = array<i64: 0, 0, -1, 0>} : tensor<1x8x8x4xf32>, tensor<8x3x3x4xf32> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}

// -----

// (C2)
func.func @groups_that_do_not_divide(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x3x3x4xf32>) -> tensor<1x6x6x8xf32> {
  // expected-error @+1 {{has 8 filters in 3 groups}}
  %y = quantir.conv %x0, %x1 {groups = 3 : i64} : tensor<1x8x8x4xf32>, tensor<8x3x3x4xf32> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}

// -----

// (C2)
func.func @other_channels(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x3x3x3xf32>) -> tensor<1x6x6x8xf32> {
  // expected-error @+1 {{has 4 input channels but 1 groups of 3}}
  %y = quantir.conv %x0, %x1  : tensor<1x8x8x4xf32>, tensor<8x3x3x3xf32> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}

// -----

// (C3)
func.func @window_larger_than_image(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x9x3x4xf32>) -> tensor<1x6x6x8xf32> {
  // expected-error @+2 {{has a window of 9 over a padded image of 8}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.conv %x0, %x1  : tensor<1x8x8x4xf32>, tensor<8x9x3x4xf32> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}

// -----

// (C4)
func.func @float_times_codes(%x0: tensor<1x8x8x4xf32>, %x1: tensor<8x3x3x4x!quant.uniform<i8<-127:127>:f32, 0.5>>) -> tensor<1x6x6x8xf32> {
  // expected-error @+1 {{it needs f32, f32 times f16 or bf16 into f32, or 8-bit codes times symmetric 8-bit codes into 32-bit codes}}
  %y = quantir.conv %x0, %x1  : tensor<1x8x8x4xf32>, tensor<8x3x3x4x!quant.uniform<i8<-127:127>:f32, 0.5>> -> tensor<1x6x6x8xf32>
  return %y : tensor<1x6x6x8xf32>
}
