// RUN: quant-opt %s -quantir-quantize-pipeline="ignore=^last" | FileCheck %s

// Two convolutions, a pool and the mean hand each other bytes; the last product was asked to stay.
// CHECK-LABEL: @main
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 1.0>, "pool:0" = array<f64: 0.0, 5.0>, "relu:0" = array<f64: 0.0, 4.0>}} {
func.func @main(%x: tensor<1x4x4x1xf32> loc("x")) -> tensor<1x1xf32> {
  %w = quantir.constant dense<0.5> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
  %m = quantir.constant dense<0.5> : tensor<1x1xf32> -> tensor<1x1xf32>
  // CHECK: quantir.quantize %arg0
  // CHECK-NEXT: quantir.conv
  // CHECK-NEXT: quantir.requantize
  // CHECK-NEXT: quantir.max_pool
  // CHECK-NEXT: quantir.conv
  // CHECK-NEXT: quantir.requantize
  // CHECK-NEXT: quantir.reduce
  // CHECK-NEXT: quantir.dequantize
  // CHECK-NEXT: quantir.matmul {{.*}} -> tensor<1x1xf32>
  // CHECK-NEXT: return
  %a = quantir.conv %x, %w : tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x4x4x1xf32> loc("first")
  %p = quantir.max_pool %a {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x4x4x1xf32> -> tensor<1x2x2x1xf32> loc("pool")
  %b = quantir.conv %p, %w : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x2x2x1xf32> loc("second")
  %r = quantir.relu %b : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32> loc("relu")
  %g = quantir.reduce <mean> %r {axes = array<i64: 1, 2>} : tensor<1x2x2x1xf32> -> tensor<1x1xf32> loc("gap")
  %y = quantir.matmul %g, %m : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32> loc("last")
  return %y : tensor<1x1xf32>
}
}
