// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @padding_does_not_count
// CHECK{LITERAL}: quantir.constant dense<[[[[1.000000e+00], [5.000000e-01]], [[-4.000000e+00], [-5.500000e+00]]]]>
func.func @padding_does_not_count() -> tensor<1x2x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [-2.0], [3.0]], [[-4.0], [-5.0], [-6.0]]]]> : tensor<1x2x3x1xf32> -> tensor<1x2x3x1xf32>
  %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 0>} : tensor<1x2x3x1xf32> -> tensor<1x2x2x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

// CHECK-LABEL: @padding_counts
// CHECK{LITERAL}: quantir.constant dense<[[[[2.500000e-01], [2.500000e-01]], [[-1.000000e+00], [-2.750000e+00]]]]>
func.func @padding_counts() -> tensor<1x2x2x1xf32> {
  %x = quantir.constant dense<[[[[1.0], [-2.0], [3.0]], [[-4.0], [-5.0], [-6.0]]]]> : tensor<1x2x3x1xf32> -> tensor<1x2x3x1xf32>
  %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, pads = array<i64: 1, 1, 1, 0>, count_include_pad} : tensor<1x2x3x1xf32> -> tensor<1x2x2x1xf32>
  return %y : tensor<1x2x2x1xf32>
}

