// RUN: quant-opt %s -split-input-file -quantir-equalize-channels="ignore=^skip" | FileCheck %s

// The second channel is eight times smaller, the third unknown: multiplied by 8 behind the SiLU, which another op reads, and divided out of its filter.
// CHECK-LABEL: "silu:0" = {high = array<f32: 8.000000e+00, 8.000000e+00, 0.000000e+00>, low = array<f32: -2.500000e-01, -2.000000e+00, 0.000000e+00>
// CHECK-SAME: quantir.scales = {"silu:0" = {scale = 0.0392156877 : f32
// CHECK-NOT:  quantir.ranges
// CHECK:      %[[V:.*]] = quantir.silu
// CHECK-DAG:  %[[F:.*]] = quantir.constant dense<[1.000000e+00, 8.000000e+00, 1.000000e+00]>
// CHECK:      %[[M:.*]] = quantir.mul %[[V]], %[[F]]
// CHECK:      %[[W:.*]] = quantir.constant dense<{{.*}}1.600000e+01{{.*}}2.000000e+00{{.*}}1.600000e+01
// CHECK:      quantir.conv %[[M]], %[[W]]
// CHECK:      return %{{.*}}, %[[V]]
module attributes {quantir.ranges = {"silu:0" = array<f64: -0.25, 8.0>},
    quantir.channels = {"silu:0" = {low = array<f32: -0.25, -0.25, 0.0>, high = array<f32: 8.0, 1.0, 0.0>, mean = array<f32: 1.0, 0.5, 0.0>}}} {
  func.func @main(%x: tensor<1x2x2x3xf32>) -> (tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32>) {
    %w = quantir.constant dense<16.0> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
    %v = quantir.silu %x : tensor<1x2x2x3xf32> -> tensor<1x2x2x3xf32> loc("silu")
    %r = quantir.conv %v, %w {groups = 3 : i64} : tensor<1x2x2x3xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32> loc("conv")
    return %r, %v : tensor<1x2x2x3xf32>, tensor<1x2x2x3xf32>
  }
}

// -----

// Through a ReLU the factors reach the weights and the bias that make the channels.
// CHECK-LABEL: "relu:0" = {high = array<f32: 8.000000e+00, 8.000000e+00, 8.000000e+00>
// CHECK-DAG:  %[[W:.*]] = quantir.constant dense<{{.*}}1.000000e+00{{.*}}8.000000e+00{{.*}}1.600000e+01{{.*}}> : tensor<3x1x1x1xf32>
// CHECK-DAG:  %[[B:.*]] = quantir.constant dense<[2.000000e+00, 1.600000e+01, 3.200000e+01]>
// CHECK:      quantir.conv %{{.*}}, %[[W]] bias %[[B]]
// CHECK-NEXT: quantir.relu
// CHECK-NOT:  quantir.mul
module attributes {quantir.ranges = {"relu:0" = array<f64: 0.0, 8.0>},
    quantir.channels = {"relu:0" = {low = array<f32: 0.0, 0.0, 0.0>, high = array<f32: 8.0, 1.0, 0.5>, mean = array<f32: 1.0, 0.5, 0.0>}}} {
  func.func @main(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x3xf32> {
    %v = quantir.constant dense<1.0> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
    %b = quantir.constant dense<2.0> : tensor<3xf32> -> tensor<3xf32>
    %w = quantir.constant dense<16.0> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
    %c = quantir.conv %x, %v bias %b : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32>, tensor<3xf32> -> tensor<1x2x2x3xf32> loc("first")
    %a = quantir.relu %c : tensor<1x2x2x3xf32> -> tensor<1x2x2x3xf32> loc("relu")
    %r = quantir.conv %a, %w {groups = 3 : i64} : tensor<1x2x2x3xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32> loc("conv")
    return %r : tensor<1x2x2x3xf32>
  }
}

// -----

// A bounded ReLU does not commute with factors, and its codes stay codes.
// CHECK-LABEL: "relu6:0" = {high
// CHECK-NOT:   quantir.mul
// CHECK:       return
module attributes {quantir.ranges = {"relu6:0" = array<f64: 0.0, 6.0>},
    quantir.channels = {"relu6:0" = {low = array<f32: 0.0, 0.0, 0.0>, high = array<f32: 6.0, 1.0, 0.5>, mean = array<f32: 1.0, 0.5, 0.0>}}} {
  func.func @main(%x: tensor<1x2x2x1xf32>) -> tensor<1x2x2x3xf32> {
    %w = quantir.constant dense<16.0> : tensor<3x1x1x1xf32> -> tensor<3x1x1x1xf32>
    %c = quantir.conv %x, %w : tensor<1x2x2x1xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32> loc("first")
    %a = quantir.clip %c {low = 0.0 : f32, high = 6.0 : f32} : tensor<1x2x2x3xf32> -> tensor<1x2x2x3xf32> loc("relu6")
    %r = quantir.conv %a, %w {groups = 3 : i64} : tensor<1x2x2x3xf32>, tensor<3x1x1x1xf32> -> tensor<1x2x2x3xf32> loc("conv")
    return %r : tensor<1x2x2x3xf32>
  }
}

// -----

// Products share the largest channel with their weights: 1 / 16^(3/4) = 1/8. What the norm makes for the product alone is made smaller there.
// CHECK-LABEL: "norm:0" = {high = array<f32: 2.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00, 1.000000e+00>
// CHECK-DAG:  %[[S:.*]] = quantir.constant dense<[2.500000e-01, 2.000000e+00, 2.000000e+00,
// CHECK-DAG:  %[[B:.*]] = quantir.constant dense<[3.750000e-01, 3.000000e+00, 3.000000e+00,
// CHECK:      %[[N:.*]] = quantir.layer_norm %{{.*}}, %[[S]], %[[B]]
// CHECK-NEXT: %[[W:.*]] = quantir.constant dense<{{\[\[}}8.000000e+00], [1.000000e+00],
// CHECK-NEXT: quantir.matmul %[[N]], %[[W]]
module attributes {quantir.ranges = {"norm:0" = array<f64: 0.0, 8.0>},
    quantir.channels = {"norm:0" = {low = array<f32: 0.0, 0.0, 0.0, 0.0, 0.0, 0.0>, high = array<f32: 16.0, 1.0, 1.0, 1.0, 1.0, 1.0>, mean = array<f32: 1.0, 0.5, 0.0, 0.0, 0.0, 0.0>}}} {
  func.func @main(%x: tensor<2x6xf32>) -> tensor<2x1xf32> {
    %s = quantir.constant dense<2.0> : tensor<6xf32> -> tensor<6xf32>
    %b = quantir.constant dense<3.0> : tensor<6xf32> -> tensor<6xf32>
    %w = quantir.constant dense<1.0> : tensor<6x1xf32> -> tensor<6x1xf32>
    %v = quantir.layer_norm %x, %s, %b {epsilon = 1.0e-5 : f32} : tensor<2x6xf32>, tensor<6xf32>, tensor<6xf32> -> tensor<2x6xf32> loc("norm")
    %r = quantir.matmul %v, %w : tensor<2x6xf32>, tensor<6x1xf32> -> tensor<2x1xf32> loc("product")
    return %r : tensor<2x1xf32>
  }
}

// -----

// Channels that are alike, and nodes that stay in floating point, are left alone.
// CHECK-LABEL: "alike:0" = {high
// CHECK-NOT:   quantir.mul
// CHECK:       return
module attributes {quantir.ranges = {},
    quantir.channels = {"alike:0" = {low = array<f32: 0.0, 0.0>, high = array<f32: 8.0, 4.0>, mean = array<f32: 1.0, 0.5>},
                        "uneven:0" = {low = array<f32: 0.0, 0.0>, high = array<f32: 8.0, 0.0>, mean = array<f32: 1.0, 0.5>}}} {
  func.func @main(%x: tensor<1x2x2x2xf32>) -> (tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>) {
    %w = quantir.constant dense<16.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
    %v = quantir.silu %x : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32> loc("alike")
    %u = quantir.silu %x : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32> loc("uneven")
    %r = quantir.conv %v, %w {groups = 2 : i64} : tensor<1x2x2x2xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x2x2xf32> loc("conv")
    %s = quantir.conv %u, %w {groups = 2 : i64} : tensor<1x2x2x2xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x2x2xf32> loc("skipped")
    return %r, %s : tensor<1x2x2x2xf32>, tensor<1x2x2x2xf32>
  }
}
