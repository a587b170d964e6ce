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

!x = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.5>
!a = !quant.uniform<i32:f32, 0.25>
!k = !quant.uniform<u8:f32, 2.0:7>
!v = !quant.uniform<u8:f32, 4.0:9>

// Each slice is quantized where its columns are computed.
// CHECK-LABEL: @keys_and_values
func.func @keys_and_values(%x: tensor<4x1x!x>) -> (tensor<4x1x2x8x!k>, tensor<4x1x2x8x!v>) {
  // CHECK:      quantir.matmul
  // CHECK-NEXT: quantir.dequantize
  // CHECK-NEXT: quantir.quantize
  // CHECK-NEXT: quantir.yield
  // CHECK:      quantir.matmul
  // CHECK-NEXT: quantir.dequantize
  // CHECK-NEXT: quantir.quantize
  // CHECK-NEXT: quantir.yield
  // CHECK-NOT:  quantir.slice
  // CHECK: return
  %w = quantir.constant dense<[[-16, -15, -14, -13, -12, -11, -10, -9, -8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]]>
      : tensor<1x32xi8> -> tensor<1x32x!w>
  %m = quantir.matmul %x, %w : tensor<4x1x!x>, tensor<1x32x!w> -> tensor<4x32x!a>
  %f = quantir.dequantize %m : tensor<4x32x!a> -> tensor<4x32xf32>
  %r = quantir.reshape %f : tensor<4x32xf32> -> tensor<4x2x2x8xf32>
  %k = quantir.slice %r {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 4, 1, 2, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<4x2x2x8xf32> -> tensor<4x1x2x8xf32>
  %v = quantir.slice %r {offsets = array<i64: 0, 1, 0, 0>, sizes = array<i64: 4, 1, 2, 8>, steps = array<i64: 1, 1, 1, 1>} : tensor<4x2x2x8xf32> -> tensor<4x1x2x8xf32>
  %0 = quantir.quantize %k : tensor<4x1x2x8xf32> -> tensor<4x1x2x8x!k>
  %1 = quantir.quantize %v : tensor<4x1x2x8xf32> -> tensor<4x1x2x8x!v>
  return %0, %1 : tensor<4x1x2x8x!k>, tensor<4x1x2x8x!v>
}
