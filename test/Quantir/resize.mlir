// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @nearest_asymmetric
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [1.000000e+00], [2.000000e+00], [2.000000e+00]], [[3.000000e+00], [3.000000e+00], [-4.000000e+00], [-4.000000e+00]]]]>
func.func @nearest_asymmetric() -> tensor<1x2x4x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0]], [[3.0], [-4.0]]]]> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %y = quantir.resize %x {coordinates = #quantir.coordinates<asymmetric>, rounding = #quantir.rounding<floor>, scales = array<f64: 1.0, 2.0>} : tensor<1x2x2x1xf32> -> tensor<1x2x4x1xf32>
  return %y : tensor<1x2x4x1xf32>
}

// CHECK-LABEL: @linear_half_pixel
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [1.250000e+00], [1.750000e+00], [2.000000e+00]], [[3.000000e+00], [1.250000e+00], [-2.250000e+00], [-4.000000e+00]]]]>
func.func @linear_half_pixel() -> tensor<1x2x4x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0]], [[3.0], [-4.0]]]]> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %y = quantir.resize %x {mode = #quantir.resize_mode<linear>, scales = array<f64: 1.0, 2.0>} : tensor<1x2x2x1xf32> -> tensor<1x2x4x1xf32>
  return %y : tensor<1x2x4x1xf32>
}

// CHECK-LABEL: @linear_align_corners
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00]], [[2.000000e+00]], [[3.000000e+00]]]]>
func.func @linear_align_corners() -> tensor<1x3x1x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0]], [[3.0], [-4.0]]]]> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %y = quantir.resize %x {mode = #quantir.resize_mode<linear>, coordinates = #quantir.coordinates<align_corners>, scales = array<f64: 1.5, 0.5>} : tensor<1x2x2x1xf32> -> tensor<1x3x1x1xf32>
  return %y : tensor<1x3x1x1xf32>
}

// CHECK-LABEL: @one_row_of_pytorch_half_pixel
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [2.000000e+00]]]]>
func.func @one_row_of_pytorch_half_pixel() -> tensor<1x1x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [2.0]], [[3.0], [-4.0]]]]> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %y = quantir.resize %x {coordinates = #quantir.coordinates<pytorch_half_pixel>, rounding = #quantir.rounding<ceil>, scales = array<f64: 0.5, 1.0>} : tensor<1x2x2x1xf32> -> tensor<1x1x2x1xf32>
  return %y : tensor<1x1x2x1xf32>
}

