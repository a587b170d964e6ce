// RUN: quant-opt %s -quantir-plan-memory -quantir-lower-to-llvm=name=net | FileCheck %s

// One tile is a call; several go through the context's parallel_for.
// CHECK-LABEL: llvm.func internal @main
// The context's observer hears of the end of every step.
// CHECK:         llvm.call @k(
// CHECK:         %[[FIRST:.*]] = llvm.mlir.constant(0 : i32)
// CHECK:         llvm.call @quantir_end_step(%{{.*}}, %[[FIRST]])
// CHECK:         llvm.mlir.addressof @k_tile
// CHECK:         llvm.call @quantir_launch
// CHECK:         %[[SECOND:.*]] = llvm.mlir.constant(1 : i32)
// CHECK:         llvm.call @quantir_end_step(%{{.*}}, %[[SECOND]])
// CHECK-LABEL: llvm.func @net_run(%{{.*}}: !llvm.ptr) -> i32
// CHECK:         llvm.call @main
// CHECK-LABEL: llvm.func internal @k_tile(%{{.*}}: !llvm.ptr, %{{.*}}: i32)
// CHECK:         llvm.call @k(
// CHECK:       llvm.func internal @quantir_launch
func.func @main(%x: memref<8xf32>, %y: memref<8xf32>, %context: !llvm.ptr) attributes {quantir.outputs = 1 : i64} {
  quantir.launch @k tiles 1(%x, %y) : memref<8xf32>, memref<8xf32>
  quantir.launch @k tiles 4(%x, %y) : memref<8xf32>, memref<8xf32>
  return
}
func.func private @k(%x: memref<8xf32>, %y: memref<8xf32>, %tile: index) {
  %v = memref.load %x[%tile] : memref<8xf32>
  memref.store %v, %y[%tile] : memref<8xf32>
  return
}
