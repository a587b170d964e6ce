// RUN: quant-opt %s -split-input-file -quantir-center-keys="ignore=^skip" | FileCheck %s

// Keys that nothing computes are centred by a subtraction in front of the transpose; then half of the range is enough.
// CHECK-LABEL: module attributes {quantir.channels = {"k:0" = {high = array<f32: 1.000000e+00, 1.000000e+00>, low = array<f32: -1.000000e+00, -1.000000e+00>
// CHECK:       "k:0" = {{.*}}symmetric = 0.00787401571 : f32
// CHECK:       @main(%{{.*}}, %[[K:.*]]: tensor<1x3x2xf32>
// CHECK:       %[[MEAN:.*]] = quantir.constant dense<[3.000000e+00, -1.000000e+00]>
// CHECK:       %[[C:.*]] = quantir.sub %[[K]], %[[MEAN]]
// CHECK:       %[[T:.*]] = quantir.transpose %[[C]]
// CHECK:       quantir.matmul %{{.*}}, %[[T]]
module attributes {quantir.ranges = {"q:0" = array<f64: -1.0, 1.0>, "k:0" = array<f64: -2.0, 4.0>},
    quantir.channels = {"k:0" = {low = array<f32: 2.0, -2.0>, high = array<f32: 4.0, 0.0>, mean = array<f32: 3.0, -1.0>}}} {
  func.func @main(%q: tensor<1x5x2xf32> loc("q"), %k: tensor<1x3x2xf32> loc("k"), %mask: tensor<5x3xf32>) -> tensor<1x5x3xf32> {
    %c = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
    %t = quantir.transpose %k {permutation = array<i64: 0, 2, 1>} : tensor<1x3x2xf32> -> tensor<1x2x3xf32>
    %s = quantir.matmul %q, %t : tensor<1x5x2xf32>, tensor<1x2x3xf32> -> tensor<1x5x3xf32> loc("scores")
    %m = quantir.mul %s, %c : tensor<1x5x3xf32>, tensor<f32> -> tensor<1x5x3xf32>
    %a = quantir.add %m, %mask : tensor<1x5x3xf32>, tensor<5x3xf32> -> tensor<1x5x3xf32>
    %p = quantir.softmax %a : tensor<1x5x3xf32> -> tensor<1x5x3xf32>
    return %p : tensor<1x5x3xf32>
  }
}

// -----

// The product that yields the keys has their mean in its bias; a channel is a channel of one head.
// CHECK-LABEL: module attributes {quantir.channels = {"keys:0"
// CHECK-DAG:   %[[B:.*]] = quantir.constant dense<[-2.000000e+00, 2.000000e+00, -3.000000e+00, 1.000000e+00]>
// CHECK:       quantir.matmul %{{.*}} bias %[[B]]
// CHECK-NOT:   quantir.sub
module attributes {quantir.ranges = {"x:0" = array<f64: -1.0, 1.0>, "keys:0" = array<f64: -2.0, 4.0>, "q:0" = array<f64: -1.0, 1.0>},
    quantir.channels = {"keys:0" = {low = array<f32: 2.0, -2.0, 3.0, 0.0>, high = array<f32: 4.0, 0.0, 4.0, 0.0>, mean = array<f32: 3.0, -1.0, 4.0, 0.0>}}} {
  func.func @main(%q: tensor<2x5x2xf32> loc("q"), %x: tensor<3x2xf32> loc("x")) -> tensor<2x5x3xf32> {
    %w = quantir.constant dense<2.0> : tensor<4x2xf32> -> tensor<4x2xf32>
    %b = quantir.constant dense<1.0> : tensor<4xf32> -> tensor<4xf32>
    %k = quantir.matmul %x, %w bias %b {transpose_rhs} : tensor<3x2xf32>, tensor<4x2xf32>, tensor<4xf32> -> tensor<3x4xf32> loc("keys")
    %h = quantir.reshape %k : tensor<3x4xf32> -> tensor<3x2x2xf32>
    %t = quantir.transpose %h {permutation = array<i64: 1, 0, 2>} : tensor<3x2x2xf32> -> tensor<2x3x2xf32>
    %s = quantir.matmul %q, %t {transpose_rhs} : tensor<2x5x2xf32>, tensor<2x3x2xf32> -> tensor<2x5x3xf32> loc("scores")
    %p = quantir.softmax %s : tensor<2x5x3xf32> -> tensor<2x5x3xf32>
    return %p : tensor<2x5x3xf32>
  }
}

// -----

// Heads that share keys: the subtraction stands before the copies.
// CHECK-LABEL: module attributes {quantir.channels = {"copies:0"
// CHECK:       %[[K:[a-z0-9]*]]: tensor<1x3x2xf32>
// CHECK:       %[[C:.*]] = quantir.sub %[[K]]
// CHECK:       quantir.expand %[[C]]
module attributes {quantir.ranges = {"q:0" = array<f64: -1.0, 1.0>, "copies:0" = array<f64: -2.0, 4.0>},
    quantir.channels = {"copies:0" = {low = array<f32: 2.0, -2.0>, high = array<f32: 4.0, 0.0>, mean = array<f32: 3.0, -1.0>}}} {
  func.func @main(%q: tensor<4x5x2xf32> loc("q"), %k: tensor<1x3x2xf32>) -> tensor<4x5x3xf32> {
    %e = quantir.expand %k : tensor<1x3x2xf32> -> tensor<4x3x2xf32> loc("copies")
    %s = quantir.matmul %q, %e {transpose_rhs} : tensor<4x5x2xf32>, tensor<4x3x2xf32> -> tensor<4x5x3xf32> loc("scores")
    %p = quantir.softmax %s : tensor<4x5x3xf32> -> tensor<4x5x3xf32>
    return %p : tensor<4x5x3xf32>
  }
}

// -----

// What a tanh sees is not the same, a mean that is small is no gain, and a node may be left alone.
// CHECK-LABEL: module attributes {quantir.channels = {"k:0" = {high = array<f32: 4.0
// CHECK-NOT:   quantir.sub
module attributes {quantir.ranges = {"q:0" = array<f64: -1.0, 1.0>, "k:0" = array<f64: -2.0, 4.0>, "l:0" = array<f64: -4.0, 4.0>},
    quantir.channels = {"k:0" = {low = array<f32: 2.0, -2.0>, high = array<f32: 4.0, 0.0>, mean = array<f32: 3.0, -1.0>},
                        "l:0" = {low = array<f32: -4.0, -2.0>, high = array<f32: 4.0, 0.0>, mean = array<f32: 0.1, -1.0>}}} {
  func.func @main(%q: tensor<5x2xf32> loc("q"), %k: tensor<3x2xf32> loc("k"), %l: tensor<3x2xf32> loc("l"))
      -> (tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>) {
    %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x2xf32>, tensor<3x2xf32> -> tensor<5x3xf32> loc("scores")
    %t = quantir.tanh %s : tensor<5x3xf32> -> tensor<5x3xf32>
    %p = quantir.softmax %t : tensor<5x3xf32> -> tensor<5x3xf32>
    %s1 = quantir.matmul %q, %l {transpose_rhs} : tensor<5x2xf32>, tensor<3x2xf32> -> tensor<5x3xf32> loc("scores1")
    %p1 = quantir.softmax %s1 : tensor<5x3xf32> -> tensor<5x3xf32>
    %s2 = quantir.matmul %q, %k {transpose_rhs} : tensor<5x2xf32>, tensor<3x2xf32> -> tensor<5x3xf32> loc("skipped")
    %p2 = quantir.softmax %s2 : tensor<5x3xf32> -> tensor<5x3xf32>
    return %p, %p1, %p2 : tensor<5x3xf32>, tensor<5x3xf32>, tensor<5x3xf32>
  }
}

// -----

// Integer-only code knows the extents of all values: those of the keys become smaller, those of the scores lie about zero, as wide as before.
// CHECK-LABEL: @main(%{{.*}}: tensor<5x2xf32>, %{{.*}}: tensor<3x2xf32> {quantir.extent
// CHECK:       quantir.sub {{.*}} {quantir.extent = array<f64: -1.000000e+00, 1.000000e+00>}
// CHECK:       quantir.matmul {{.*}} {quantir.extent = array<f64: -1.000000e+01, 1.000000e+01>, transpose_rhs}
// CHECK:       quantir.mul {{.*}} {quantir.extent = array<f64: -5.000000e+00, 5.000000e+00>}
// CHECK:       quantir.add {{.*}} {quantir.extent = array<f64: -6.000000e+00, 5.000000e+00>}
module attributes {quantir.ranges = {"q:0" = array<f64: -1.0, 1.0>, "k:0" = array<f64: -2.0, 4.0>},
    quantir.channels = {"k:0" = {low = array<f32: 2.0, -2.0>, high = array<f32: 4.0, 0.0>, mean = array<f32: 3.0, -1.0>}}} {
  func.func @main(%q: tensor<5x2xf32> loc("q"), %k: tensor<3x2xf32> {quantir.extent = array<f64: -2.0, 4.0>} loc("k"),
      %mask: tensor<5x3xf32> {quantir.extent = array<f64: -1.0, 0.0>}) -> tensor<5x3xf32> {
    %c = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
    %s = quantir.matmul %q, %k {transpose_rhs, quantir.extent = array<f64: 10.0, 20.0>} : tensor<5x2xf32>, tensor<3x2xf32> -> tensor<5x3xf32> loc("scores")
    %m = quantir.mul %s, %c {quantir.extent = array<f64: 5.0, 10.0>} : tensor<5x3xf32>, tensor<f32> -> tensor<5x3xf32>
    %a = quantir.add %m, %mask {quantir.extent = array<f64: 4.0, 10.0>} : tensor<5x3xf32>, tensor<5x3xf32> -> tensor<5x3xf32>
    %p = quantir.softmax %a : tensor<5x3xf32> -> tensor<5x3xf32>
    return %p : tensor<5x3xf32>
  }
}
