// RUN: quant-opt %s -quantir-plan-memory | FileCheck %s

// A buffer lives as long as a part of it.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    quantir.arena_size = 256 : i64
func.func @main() {
  %a = memref.alloc() : memref<32xi32>
  %part = memref.subview %a[16] [16] [1] : memref<32xi32> to memref<16xi32, strided<[1], offset: 16>>
  %b = memref.alloc() : memref<32xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%b) written [true] : memref<32xi32>
  quantir.dispatch [@k] groups [1, 1, 1] (%part) written [false] : memref<16xi32, strided<[1], offset: 16>>
  return
}
