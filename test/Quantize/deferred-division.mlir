// RUN: quant-opt %s -quantir-quantize -canonicalize -split-input-file | FileCheck %s

// Exponentials reach 1 in every row, whatever calibration saw of probabilities.
// CHECK-LABEL: @weighted_sum
// CHECK:         %[[E:.*]] = quantir.softmax %arg0 {unnormalized}
// CHECK:         %[[C:.*]] = quantir.quantize %[[E]] {by_reciprocal} : tensor<2x4xf32> -> tensor<2x4x!quant.uniform<u8:f32, 0.003921{{[0-9]*}}>>
// CHECK:         %[[A:.*]] = quantir.matmul %[[C]],
// CHECK:         %[[P:.*]] = quantir.dequantize %[[A]]
// CHECK:         %[[S:.*]] = quantir.reduce <sum> %[[C]] {axes = array<i64: 1>, keepdims} : {{.*}} -> tensor<2x1x!quant.uniform<i32:f32, 0.003921{{[0-9]*}}>>
// CHECK:         %[[R:.*]] = quantir.dequantize %[[S]]
// CHECK:         %[[I:.*]] = quantir.div %{{.*}}, %[[R]]
// CHECK:         quantir.mul %[[P]], %[[I]]
module attributes {quantir.ranges = {"p:0" = array<f64: 0.0, 0.5>, "v:0" = array<f64: -1.0, 1.0>}} {
  func.func @weighted_sum(%x: tensor<2x4xf32>, %v: tensor<4x3xf32> loc("v")) -> tensor<2x3xf32> {
    %p = quantir.softmax %x : tensor<2x4xf32> -> tensor<2x4xf32> loc("p")
    %r = quantir.matmul %p, %v : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32> loc("r")
    return %r : tensor<2x3xf32>
  }
}

// -----

// Probabilities that somebody else reads are made as they are.
// CHECK-LABEL: @read_twice
// CHECK:         quantir.softmax %arg0 :
// CHECK-NOT:     unnormalized
// CHECK:         quantir.quantize {{.*}} -> tensor<2x4x!quant.uniform<u8:f32, 0.00196{{[0-9]*}}>>
// CHECK-NOT:     quantir.reduce
module attributes {quantir.ranges = {"p:0" = array<f64: 0.0, 0.5>, "v:0" = array<f64: -1.0, 1.0>}} {
  func.func @read_twice(%x: tensor<2x4xf32>, %v: tensor<4x3xf32> loc("v")) -> (tensor<2x4xf32>, tensor<2x3xf32>) {
    %p = quantir.softmax %x : tensor<2x4xf32> -> tensor<2x4xf32> loc("p")
    %r = quantir.matmul %p, %v : tensor<2x4xf32>, tensor<4x3xf32> -> tensor<2x3xf32> loc("r")
    return %p, %r : tensor<2x4xf32>, tensor<2x3xf32>
  }
}
