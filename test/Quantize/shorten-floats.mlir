// RUN: quant-opt %s -quantir-shorten-floats -quantir-propagate-scales -quantir-fold-constants | FileCheck %s --check-prefix=BF16
// RUN: quant-opt %s -quantir-shorten-floats=type=f16 -quantir-fold-constants | FileCheck %s --check-prefix=F16
// RUN: not quant-opt %s -quantir-shorten-floats=type=f8 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: quant-opt %s -quantir-shorten-floats=type=f16 -remarks-filter=quantir-quantize -remark-format=emitRemark 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

// REFUSED: cannot take type 'f8'; it needs bf16 or f16

// BF16-LABEL: @product_of_a_reshaped_sum
// BF16-SAME:    (%[[X:.*]]: tensor<2x6xf32>
// F16-LABEL:  @product_of_a_reshaped_sum
func.func @product_of_a_reshaped_sum(%x: tensor<2x6xf32>, %b: tensor<2xf32>) -> tensor<3x2xf32> {
  // BF16:     %[[S:.*]] = quantir.add
  // BF16:     %[[C:.*]] = quantir.cast %[[S]] : tensor<2x6xf32> -> tensor<2x6xbf16>
  // BF16:     %[[R:.*]] = quantir.reshape %[[C]]
  // BF16:     %[[W:.*]] = quantir.constant dense<1.007810e+00> : tensor<4x2xbf16>
  // BF16:     quantir.matmul %[[R]], %[[W]] bias %{{.*}} : tensor<3x4xbf16>, tensor<4x2xbf16>, tensor<2xf32> -> tensor<3x2xf32>
  // F16:      %[[W:.*]] = quantir.constant dense<1.009770e+00> : tensor<4x2xf16>
  // F16:      quantir.matmul %{{.*}}, %[[W]] bias %{{.*}} : tensor<3x4xf32>, tensor<4x2xf16>, tensor<2xf32> -> tensor<3x2xf32>
  // REMARK:   multiplies by f16 weights
  %w = quantir.constant dense<1.01> : tensor<4x2xf32> -> tensor<4x2xf32>
  %s = quantir.add %x, %x : tensor<2x6xf32>, tensor<2x6xf32> -> tensor<2x6xf32>
  %r = quantir.reshape %s : tensor<2x6xf32> -> tensor<3x4xf32>
  %y = quantir.matmul %r, %w bias %b : tensor<3x4xf32>, tensor<4x2xf32>, tensor<2xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// BF16-LABEL: @two_activations
// F16-LABEL:  @two_activations
func.func @two_activations(%x: tensor<3x4xf32>, %y: tensor<4x2xf32>) -> tensor<3x2xf32> {
  // BF16: quantir.matmul {{.*}} : tensor<3x4xbf16>, tensor<4x2xbf16> -> tensor<3x2xf32>
  // F16:  quantir.matmul {{.*}} : tensor<3x4xf32>, tensor<4x2xf32> -> tensor<3x2xf32>
  // REMARK: it has no weights
  %z = quantir.matmul %x, %y : tensor<3x4xf32>, tensor<4x2xf32> -> tensor<3x2xf32>
  return %z : tensor<3x2xf32>
}

// BF16-LABEL: @depthwise_stays
func.func @depthwise_stays(%x: tensor<1x4x4x2xf32>) -> tensor<1x4x4x2xf32> {
  // BF16: quantir.conv {{.*}} : tensor<1x4x4x2xf32>, tensor<2x1x1x1xf32> -> tensor<1x4x4x2xf32>
  // REMARK: each filter sees one channel
  %w = quantir.constant dense<1.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
  %y = quantir.conv %x, %w {groups = 2 : i64} : tensor<1x4x4x2xf32>, tensor<2x1x1x1xf32> -> tensor<1x4x4x2xf32>
  return %y : tensor<1x4x4x2xf32>
}

// F16-LABEL: @weights_out_of_range
func.func @weights_out_of_range(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  // F16: quantir.matmul {{.*}} : tensor<1x4xf32>, tensor<4x2xf32> -> tensor<1x2xf32>
  // REMARK: a weight is beyond the range of 16 bits
  %w = quantir.constant dense<1.0e5> : tensor<4x2xf32> -> tensor<4x2xf32>
  %y = quantir.matmul %x, %w : tensor<1x4xf32>, tensor<4x2xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

// F16-LABEL: @table_of_an_embedding
func.func @table_of_an_embedding(%ids: tensor<3xi64>) -> tensor<3x4xf32> {
  // F16: %[[T:.*]] = quantir.constant dense<{{.*}}> : tensor<16x4xf16>
  // F16: %[[R:.*]] = quantir.gather %[[T]]
  // F16: quantir.cast %[[R]] : tensor<3x4xf16> -> tensor<3x4xf32>
  %t = quantir.constant dense<1.01> : tensor<16x4xf32> -> tensor<16x4xf32>
  %y = quantir.gather %t, %ids {axis = 0 : i64} : tensor<16x4xf32>, tensor<3xi64> -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}
