// RUN: quant-opt %s -split-input-file -quantir-quantize=wide-activations -remarks-filter=quantir-quantize -remark-format=emitRemark 2>&1 | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-quantize=widen-sensitive -remarks-filter=quantir-quantize -remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=NEEDED

// CHECK: loc("scores"): [Passed] Quantized {{.*}}quantir.matmul computes on 8-bit codes: both operands are activations

// The range [-1, 2] has codes of 4 / 32767. The bias 100.5 is 408,420 steps of the high bytes' sums, and what they leave
// less than 256 of the low ones'.
// CHECK: !axis1 = !quant.uniform<i32:f32:0, {2.460{{[0-9]*}}E-4}>
// CHECK: !axis3 = !quant.uniform<i32:f32:0, {9.612{{[0-9]*}}E-7}>
// CHECK-LABEL: @bytes_are_multiplied_apart
// CHECK-SAME: (%[[X:.*]]: tensor<1x1024xf32>
// CHECK-DAG: %[[Q:.*]] = quantir.quantize %[[X]] : tensor<1x1024xf32> -> tensor<1x1024x!quant.uniform<i16:f32, 1.220{{[0-9]*}}E-4>>
// CHECK-DAG: %[[L:.*]] = quantir.byte %[[Q]] :
// CHECK-DAG: %[[H:.*]] = quantir.byte %[[Q]] {high}
// CHECK-DAG: %[[HIGH_BIAS:.*]] = quantir.constant dense<408420> : tensor<1xi32> -> tensor<1x!axis1>
// CHECK-DAG: %[[HIGH:.*]] = quantir.matmul %[[H]], %{{.*}} bias %[[HIGH_BIAS]]
// CHECK-DAG: %[[LOW_BIAS:.*]] = quantir.constant dense<{{-?[0-9]?[0-9]?[0-9]}}> : tensor<1xi32> -> tensor<1x!axis3>
// CHECK-DAG: %[[LOW:.*]] = quantir.matmul %[[L]], %{{.*}} bias %[[LOW_BIAS]]
// CHECK: %[[A:.*]] = quantir.dequantize %[[HIGH]]
// CHECK: %[[B:.*]] = quantir.dequantize %[[LOW]]
// CHECK: %[[SUM:.*]] = quantir.add %[[A]], %[[B]] {quantir.extent = array<f64: -9.000000e+00, 9.000000e+00>}
// CHECK-NEXT: return %[[SUM]]
module attributes {quantir.ranges = {"x:0" = array<f64: -1.0, 2.0>}} {
  func.func @bytes_are_multiplied_apart(%x: tensor<1x1024xf32> {quantir.extent = array<f64: -1.0, 2.0>} loc("x")) -> tensor<1x1xf32> {
    %w = quantir.constant dense<1.0> : tensor<1024x1xf32> -> tensor<1024x1xf32>
    %b = quantir.constant dense<100.5> : tensor<1xf32> -> tensor<1xf32>
    %r = quantir.matmul %x, %w bias %b {quantir.extent = array<f64: -9.0, 9.0>} : tensor<1x1024xf32>, tensor<1024x1xf32>, tensor<1xf32> -> tensor<1x1xf32>
    return %r : tensor<1x1xf32>
  }
}

// -----

// CHECK-LABEL: @products_of_activations_read_bytes
// CHECK-NOT: quantir.byte
// CHECK: quantir.matmul {{.*}} : tensor<2x4x!quant.uniform<u8:{{.*}}>>, tensor<4x2x!quant.uniform<i8<-127:127>{{.*}}>>
module attributes {quantir.ranges = {"x:0" = array<f64: -1.0, 2.0>, "y:0" = array<f64: -1.0, 2.0>}} {
  func.func @products_of_activations_read_bytes(%x: tensor<2x4xf32> loc("x"), %y: tensor<4x2xf32> loc("y")) -> tensor<2x2xf32> {
    %r = quantir.matmul %x, %y : tensor<2x4xf32>, tensor<4x2xf32> -> tensor<2x2xf32> loc("scores")
    return %r : tensor<2x2xf32>
  }
}

// -----

// Without an extent the range is that of the 8-bit codes.
// NEEDED: loc("sensitive"): [Passed] Quantized {{.*}}quantir.matmul computes on 16-bit codes: 8 bits for its input put noise of 5.00% on the outputs
// NEEDED: loc("robust"): [Passed] Quantized {{.*}}quantir.matmul computes on 8-bit codes
// NEEDED: quantir.byte {{.*}} tensor<2x1x!quant.uniform<i16:f32, 6.103{{[0-9]*}}E-5>>
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 1.0>, "y:0" = array<f64: 0.0, 1.0>}, quantir.channels = {
    "x:0" = {low = array<f32: 0.0>, high = array<f32: 1.0>, mean = array<f32: 0.5>, output_noise = 0.05 : f32},
    "y:0" = {low = array<f32: 0.0>, high = array<f32: 1.0>, mean = array<f32: 0.5>, output_noise = 0.001 : f32}}} {
  func.func @sensitive(%x: tensor<2x1xf32> loc("x"), %y: tensor<2x1xf32> loc("y")) -> (tensor<2x1xf32>, tensor<2x1xf32>) {
    %w = quantir.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
    %r = quantir.matmul %x, %w : tensor<2x1xf32>, tensor<1x1xf32> -> tensor<2x1xf32> loc("sensitive")
    %s = quantir.matmul %y, %w : tensor<2x1xf32>, tensor<1x1xf32> -> tensor<2x1xf32> loc("robust")
    return %r, %s : tensor<2x1xf32>, tensor<2x1xf32>
  }
}
