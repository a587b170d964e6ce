// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu | FileCheck %s

// Whole words move as such, four of them at a time where these are neighbours: 6 x 8 words are 12 vectors.
// CHECK-LABEL: gpu.module @kernel_0_transpose
// CHECK-SAME:    {
// CHECK:         gpu.func @main(%[[X:.*]]: memref<12xvector<4xi32>, {{.*}}, %[[Y:.*]]: memref<12xvector<4xi32>, {{.*}})
// CHECK:         arith.constant 12 : index
// CHECK:         %[[WORDS:.*]] = memref.load %[[X]]
// CHECK:         memref.store %[[WORDS]], %[[Y]]
func.func @main(%x: tensor<2x3x32x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<3x2x32x!quant.uniform<u8:f32, 0.5:3>> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<2x3x32x!quant.uniform<u8:f32, 0.5:3>>):
    %r = quantir.transpose %a {permutation = array<i64: 1, 0, 2>}
        : tensor<2x3x32x!quant.uniform<u8:f32, 0.5:3>> -> tensor<3x2x32x!quant.uniform<u8:f32, 0.5:3>>
    quantir.yield %r : tensor<3x2x32x!quant.uniform<u8:f32, 0.5:3>>
  } : (tensor<2x3x32x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<3x2x32x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<3x2x32x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// Bytes that change their places in words do so in blocks of 4 by 4: four loads, four stores.
// CHECK-LABEL: gpu.module @kernel_0_transpose
// CHECK:         gpu.func @main(%[[X:.*]]: memref<8xi32, {{.*}}, %[[Y:.*]]: memref<8xi32, {{.*}})
// CHECK:         arith.constant 2 : index
// CHECK-COUNT-4: memref.load %[[X]]
// CHECK-COUNT-4: memref.store {{.*}}, %[[Y]]
// CHECK-NOT:     memref.store
func.func @main(%x: tensor<4x8x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<8x4x!quant.uniform<u8:f32, 0.5:3>> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<4x8x!quant.uniform<u8:f32, 0.5:3>>):
    %r = quantir.transpose %a {permutation = array<i64: 1, 0>}
        : tensor<4x8x!quant.uniform<u8:f32, 0.5:3>> -> tensor<8x4x!quant.uniform<u8:f32, 0.5:3>>
    quantir.yield %r : tensor<8x4x!quant.uniform<u8:f32, 0.5:3>>
  } : (tensor<4x8x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<8x4x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<8x4x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// Where there are no such blocks, words are put together: four loads, one store.
// CHECK-LABEL: gpu.module @kernel_0_transpose
// CHECK:         gpu.func @main(%[[X:.*]]: memref<6xi32, {{.*}}, %[[Y:.*]]: memref<8xi32, {{.*}})
// CHECK-COUNT-4: memref.load %[[X]]
// CHECK:         memref.store {{.*}}, %[[Y]]
// CHECK-NOT:     memref.store
func.func @main(%x: tensor<3x8x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<8x3x!quant.uniform<u8:f32, 0.5:3>> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<3x8x!quant.uniform<u8:f32, 0.5:3>>):
    %r = quantir.transpose %a {permutation = array<i64: 1, 0>}
        : tensor<3x8x!quant.uniform<u8:f32, 0.5:3>> -> tensor<8x3x!quant.uniform<u8:f32, 0.5:3>>
    quantir.yield %r : tensor<8x3x!quant.uniform<u8:f32, 0.5:3>>
  } : (tensor<3x8x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<8x3x!quant.uniform<u8:f32, 0.5:3>>
  return %y : tensor<8x3x!quant.uniform<u8:f32, 0.5:3>>
}

// -----

// Three operands a dispatch: with the result, what every device binds.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[A:.*]]: memref<8xi32>, %[[B:.*]]: memref<8xi32>, %[[C:.*]]: memref<8xi32>, %[[D:.*]]: memref<8xi32>, %[[Y:.*]]: memref<32xi32>)
// CHECK-NEXT:    quantir.dispatch [@kernel_0_concat] groups [1, 1, 1](%[[Y]], %[[A]], %[[B]], %[[C]]) written [true, false, false, false] {part_of = 0 : i64}
// CHECK-NEXT:    quantir.dispatch [@kernel_1_concat] groups [1, 1, 1](%[[Y]], %[[D]]) written [true, false] {{.*}}part_of = 0 : i64}
// CHECK-NEXT:    return
func.func @main(%a: tensor<2x4xf32>, %b: tensor<2x4xf32>, %c: tensor<2x4xf32>, %d: tensor<2x4xf32>) -> tensor<2x16xf32> {
  %y = quantir.kernel (%a, %b, %c, %d) {
  ^bb0(%0: tensor<2x4xf32>, %1: tensor<2x4xf32>, %2: tensor<2x4xf32>, %3: tensor<2x4xf32>):
    %r = quantir.concat %0, %1, %2, %3 {axis = 1 : i64}
        : tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x16xf32>
    quantir.yield %r : tensor<2x16xf32>
  } : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x16xf32>
  return %y : tensor<2x16xf32>
}

// -----

// An operand that begins within a word comes behind the one that it shares the word with.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[A:.*]]: memref<2xi32>, %[[B:.*]]: memref<4xi32>, %[[Y:.*]]: memref<4xi32>)
// CHECK-NEXT:    quantir.dispatch [@kernel_0_concat] groups [1, 1, 1](%[[Y]], %[[A]])
// CHECK-NEXT:    quantir.dispatch [@kernel_1_concat] groups [1, 1, 1](%[[B]], %[[Y]])
func.func @main(%a: tensor<2x3xi8>, %b: tensor<2x5xi8>) -> tensor<2x8xi8> {
  %y = quantir.kernel (%a, %b) {
  ^bb0(%0: tensor<2x3xi8>, %1: tensor<2x5xi8>):
    %r = quantir.concat %0, %1 {axis = 1 : i64} : tensor<2x3xi8>, tensor<2x5xi8> -> tensor<2x8xi8>
    quantir.yield %r : tensor<2x8xi8>
  } : (tensor<2x3xi8>, tensor<2x5xi8>) -> tensor<2x8xi8>
  return %y : tensor<2x8xi8>
}
