// RUN: quant-opt %s --quantir-note-extents | FileCheck %s

module attributes {quantir.extents = {"argument0:0" = array<f64: -2.0, 2.0>, "relu:0" = array<f64: 0.0, 6.5>}} {
  // CHECK: @main(%{{.*}}: tensor<4xf32> {quantir.extent = array<f64: -2.000000e+00, 2.000000e+00>})
  func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
    // CHECK: quantir.relu %{{.*}} {quantir.extent = array<f64: 0.000000e+00, 6.500000e+00>}
    %y = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
    return %y : tensor<4xf32>
  }
}
