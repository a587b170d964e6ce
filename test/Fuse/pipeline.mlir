// RUN: quant-opt %s -quantir-fuse-pipeline | FileCheck %s

// The reshape leaves the way between the product and its epilogue.
// CHECK-LABEL: @main
func.func @main(%x: tensor<4x3xf32>, %w: tensor<3x2xf32>) -> tensor<2x2x2xf32> {
  // CHECK-NEXT: %[[K:.*]] = quantir.kernel
  // CHECK:        quantir.matmul
  // CHECK-NEXT:   quantir.relu
  // CHECK: %[[R:.*]] = quantir.reshape %[[K]]
  // CHECK-NEXT: return %[[R]]
  %m = quantir.matmul %x, %w : tensor<4x3xf32>, tensor<3x2xf32> -> tensor<4x2xf32>
  %r = quantir.reshape %m : tensor<4x2xf32> -> tensor<2x2x2xf32>
  %s = quantir.relu %r : tensor<2x2x2xf32> -> tensor<2x2x2xf32>
  return %s : tensor<2x2x2xf32>
}
