// RUN: quant-opt %s -split-input-file -quantir-quantize="ignore=^skip only=.*" \
// RUN:   -remarks-filter=quantir-quantize -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-quantize="more-follows" -quantir-eliminate-floats \
// RUN:   -remarks-filter=quantir-quantize -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=NOTED

// Two weights of code 127, at up to 200 codes from the zero point.
// CHECK: loc("proved"): [Analysis] AccumulatorBound {{.*}}no accumulator of quantir.matmul exceeds 50800 of 2147483647
// CHECK: loc("proved"): [Passed] Quantized {{.*}}quantir.matmul computes on 8-bit codes
module attributes {quantir.ranges = {"x:0" = array<f64: -55.0, 200.0>}} {
  func.func @proved(%x: tensor<1x2xf32> loc("x")) -> tensor<1x1xf32> {
    %w = quantir.constant dense<1.0> : tensor<2x1xf32> -> tensor<2x1xf32>
    %r = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32> loc("proved")
    return %r : tensor<1x1xf32>
  }
}

// -----

// CHECK: loc("sensitive"): [Missed] StaysFloat {{.*}} Reason="8 bits for its input put noise of 5.00% on the outputs"
// CHECK: loc("robust"): [Passed] Quantized
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

// -----

// CHECK: loc("skipped"): [Missed] StaysFloat {{.*}} Reason="it is among the nodes to ignore"
// CHECK: loc(fused["matmul", "skipped_bias"]): [Missed] StaysFloat {{.*}} Reason="it is among the nodes to ignore"
// CHECK: loc("unseen"): [Missed] StaysFloat {{.*}} Reason="operand 0 was not calibrated"
// CHECK: loc("varying"): [Missed] StaysFloat {{.*}} Reason="its weights are not constant"
module attributes {quantir.ranges = {}} {
  func.func @excluded(%x: tensor<1x2xf32>, %i: tensor<1x2x2x1xf32>, %f: tensor<1x1x1x1xf32>) -> (tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x2x2x1xf32>) {
    %w = quantir.constant dense<1.0> : tensor<2x1xf32> -> tensor<2x1xf32>
    %a = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32> loc("skipped")
    %n = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32> loc(fused["matmul", "skipped_bias"])
    %b = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32> loc("unseen")
    %c = quantir.conv %i, %f : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32> loc("varying")
    return %a, %n, %b, %c : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x1xf32>, tensor<1x2x2x1xf32>
  }
}

// -----

// CHECK: loc("deep"): [Missed] StaysFloat {{.*}} Reason="its accumulator may reach 2147514120, beyond 32 bits"
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 1.0>}} {
  func.func @deep(%x: tensor<1x66312xf32> loc("x")) -> tensor<1x1xf32> {
    %w = quantir.constant dense<1.0> : tensor<66312x1xf32> -> tensor<66312x1xf32>
    %r = quantir.matmul %x, %w : tensor<1x66312xf32>, tensor<66312x1xf32> -> tensor<1x1xf32> loc("deep")
    return %r : tensor<1x1xf32>
  }
}

// -----

// CHECK: loc("rows"): [Missed] StaysFloat {{.*}} Reason="it does not reduce the spatial dimensions of an image"
// CHECK: loc("infinite"): [Missed] StaysFloat {{.*}} Reason="its weights are empty or not finite"
// Where integer-only code takes over, nothing is said before it is known; what has no form on codes keeps the first reason.
// NOTED-NOT: loc("rows")
// NOTED: loc("infinite"): [Missed] StaysFloat {{.*}} Reason="its weights are empty or not finite"
// NOTED-NOT: loc("rows")
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 1.0>}} {
  func.func @unsuitable(%x: tensor<1x2xf32> {quantir.extent = array<f64: 0.0, 1.0>} loc("x")) -> (tensor<1xf32>, tensor<1x1xf32>) {
    %w = quantir.constant dense<[[1.0], [0x7F800000]]> : tensor<2x1xf32> -> tensor<2x1xf32>
    %m = quantir.reduce <mean> %x {axes = array<i64: 1>} : tensor<1x2xf32> -> tensor<1xf32> loc("rows")
    %r = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32> loc("infinite")
    return %m, %r : tensor<1xf32>, tensor<1x1xf32>
  }
}
