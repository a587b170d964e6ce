// RUN: quant-opt %s -split-input-file -quantir-place-barriers | FileCheck %s

// What one dispatch wrote, the next one reads.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@k] groups [1, 1, 1](%{{.*}}, %{{.*}}) written [false, true] :
// CHECK:         quantir.dispatch [@k] groups [1, 1, 1](%{{.*}}, %{{.*}}) written [false, true] {after_barrier} :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%t, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// What one reads, the next one overwrites: another view of a part of its memory.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] :
// CHECK:         written [false, true] {after_barrier} :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %28 = arith.constant 28 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%28][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%t, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %u) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// Two write the same memory.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] :
// CHECK:         written [false, true] {after_barrier} :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>) {
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// Neighbours in the arena, and what both only read, are no conflict; a barrier that stands there goes.
// CHECK-LABEL: func.func @main
// CHECK-NOT:     after_barrier
func.func @main(%x: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %32 = arith.constant 32 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%32][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %u) written [false, true] {after_barrier} : memref<8xi32>, memref<8xi32>
  return
}

// -----

// One barrier serves both readers: the second needs none of its own.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] :
// CHECK:         written [false, true] :
// CHECK:         written [false, true] {after_barrier} :
// CHECK:         written [false, true] :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>, %z: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %256 = arith.constant 256 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%256][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %u) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%t, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%u, %z) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// Nothing is known of where a view at a computed place lies.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] :
// CHECK:         written [false, true] {after_barrier} :
func.func @main(%x: memref<8xi32>, %at: index, %arena: memref<512xi8>) {
  %256 = arith.constant 256 : index
  %t = memref.view %arena[%at][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%256][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %u) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// Parts of one result lie apart; a part of another does not, and reading waits for all.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] {part_of = 1
// CHECK:         written [false, true] {part_of = 1
// CHECK:         written [false, true] {after_barrier, part_of = 2
// CHECK:         written [false, true] {after_barrier} :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] {part_of = 1 : i64} : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] {part_of = 1 : i64} : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %t) written [false, true] {part_of = 2 : i64} : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%t, %y) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}

// -----

// Parts of buffers: what begins where another part ends is no conflict, one word less is.
// CHECK-LABEL: func.func @main
// CHECK:         written [false, true] :
// CHECK:         written [false, true] :
// CHECK:         written [false, true] {after_barrier} :
func.func @main(%x: memref<128xi32>, %y: memref<128xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<128xi32>
  %low = memref.subview %t[0] [64] [1] : memref<128xi32> to memref<64xi32, strided<[1]>>
  %high = memref.subview %t[64] [64] [1] : memref<128xi32> to memref<64xi32, strided<[1], offset: 64>>
  %middle = memref.subview %t[63] [64] [1] : memref<128xi32> to memref<64xi32, strided<[1], offset: 63>>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %low) written [false, true] : memref<128xi32>, memref<64xi32, strided<[1]>>
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %high) written [false, true] : memref<128xi32>, memref<64xi32, strided<[1], offset: 64>>
  quantir.dispatch [@k] groups [1, 1, 1] (%middle, %y) written [false, true] : memref<64xi32, strided<[1], offset: 63>>, memref<128xi32>
  return
}
