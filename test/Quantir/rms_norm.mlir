// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// The mean of the squares is 4 in the first row, 16 in the second.
// CHECK-LABEL: @rows
// CHECK{LITERAL}: quantir.constant dense<[[1.000000e+00, -2.000000e+00, 1.000000e+00, -5.000000e-01], [0.000000e+00, 4.000000e+00, 0.000000e+00, -0.000000e+00]]>
func.func @rows() -> tensor<2x4xf32> {
  %x = quantir.constant dense<[[2.0, -2.0, 2.0, 2.0], [0.0, 8.0, 0.0, 0.0]]> : tensor<2x4xf32> -> tensor<2x4xf32>
  %s = quantir.constant dense<[1.0, 2.0, 1.0, -0.5]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.rms_norm %x, %s {epsilon = 0.0 : f32} : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// Epsilon alone: zeros stay zeros.
// CHECK-LABEL: @zeros
// CHECK: quantir.constant dense<0.000000e+00> : tensor<1x3xf32>
func.func @zeros() -> tensor<1x3xf32> {
  %x = quantir.constant dense<0.0> : tensor<1x3xf32> -> tensor<1x3xf32>
  %s = quantir.constant dense<2.0> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.rms_norm %x, %s {epsilon = 1.0e-5 : f32} : tensor<1x3xf32>, tensor<3xf32> -> tensor<1x3xf32>
  return %y : tensor<1x3xf32>
}

// The root of the mean of the squares is 2.5.
// CHECK-LABEL: @codes
// CHECK{LITERAL}: quantir.constant dense<[[849, -1131, 0, 0]]>
func.func @codes() -> tensor<1x4x!quant.uniform<i16:f32, 0.001>> {
  %x = quantir.constant dense<[[300, -400, 0, 0]]> : tensor<1x4xi16> -> tensor<1x4x!quant.uniform<i16:f32, 0.01>>
  %s = quantir.constant dense<[0.70710678, 0.70710678, 1.0, 1.0]> : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.rms_norm %x, %s {epsilon = 0.0 : f32} : tensor<1x4x!quant.uniform<i16:f32, 0.01>>, tensor<4xf32> -> tensor<1x4x!quant.uniform<i16:f32, 0.001>>
  return %y : tensor<1x4x!quant.uniform<i16:f32, 0.001>>
}
