// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu | FileCheck %s

// Rows of 9 bytes begin at words: 3 of them. The kernel writes straight to the output.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<18xi32>, %[[Y:.*]]: memref<6xi32>)
// CHECK:         quantir.dispatch [@kernel_0_elementwise] groups [1, 1, 1](%[[X]], %[[Y]]) written [false, true] {bytes = 90 : i64, macs = 0 : i64}
// CHECK-NOT:     memref.alloc
// CHECK:       gpu.module @kernel_0_elementwise
// CHECK:         gpu.func @main(%{{.*}}: memref<18xi32, {{.*}}StorageBuffer{{.*}}>{{.*}}, %{{.*}}: memref<6xi32, {{.*}}StorageBuffer{{.*}}>
func.func @main(%x: tensor<2x9xf32>) -> tensor<2x9x!quant.uniform<u8:f32, 0.5:3>> {
  %r = quantir.kernel (%x) {
  ^bb0(%a: tensor<2x9xf32>):
    %q = quantir.quantize %a : tensor<2x9xf32> -> tensor<2x9x!quant.uniform<u8:f32, 0.5:3>>
    quantir.yield %q : tensor<2x9x!quant.uniform<u8:f32, 0.5:3>>
  } : (tensor<2x9xf32>) -> tensor<2x9x!quant.uniform<u8:f32, 0.5:3>>
  return %r : tensor<2x9x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// What stands between kernels is a buffer, a constant one a global.
// CHECK-LABEL: memref.global "private" constant @constant_0 : memref<4xi32> = dense<[1065353216, -1073741824, 0, 1056964608]>
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<12xi32>, %[[Y:.*]]: memref<12xi32>)
// CHECK:         %[[T:.*]] = memref.alloc() : memref<12xi32>
// CHECK:         quantir.dispatch [@kernel_0_elementwise] groups [1, 1, 1](%[[X]], %[[T]]) written [false, true]
// CHECK:         %[[C:.*]] = memref.get_global @constant_0 : memref<4xi32>
// CHECK:         quantir.dispatch [@kernel_1_elementwise] groups [1, 1, 1]({{.*}}%[[C]]{{.*}})
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x4xf32> {
  %c = quantir.constant dense<[1.0, -2.0, 0.0, 0.5]> : tensor<4xf32> -> tensor<4xf32>
  %t = quantir.kernel (%x) {
  ^bb0(%a: tensor<3x4xf32>):
    %r = quantir.relu %a : tensor<3x4xf32> -> tensor<3x4xf32>
    quantir.yield %r : tensor<3x4xf32>
  } : (tensor<3x4xf32>) -> tensor<3x4xf32>
  %y = quantir.kernel (%t, %c) {
  ^bb0(%a: tensor<3x4xf32>, %b: tensor<4xf32>):
    %r = quantir.mul %a, %b : tensor<3x4xf32>, tensor<4xf32> -> tensor<3x4xf32>
    quantir.yield %r : tensor<3x4xf32>
  } : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return %y : tensor<3x4xf32>
}

// -----

// A reshape of whole words is the same memory; an output is a copy of it.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<12xi32>, %[[Y:.*]]: memref<12xi32>)
// CHECK-NEXT:    quantir.dispatch [@kernel_0_reshape] groups [1, 1, 1](%[[X]], %[[Y]]) written [false, true]
// CHECK-NEXT:    return
func.func @main(%x: tensor<3x4xf32>) -> tensor<2x6xf32> {
  %r = quantir.reshape %x : tensor<3x4xf32> -> tensor<2x6xf32>
  return %r : tensor<2x6xf32>
}
