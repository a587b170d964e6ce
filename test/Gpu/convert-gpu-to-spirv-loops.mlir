// RUN: quant-opt %s -quantir-convert-gpu-to-spirv | FileCheck %s

// A loop that may have no turn gives what it began with then; one that is known to have some needs no choice.
// CHECK-LABEL: spirv.module @perhaps
// CHECK:         %[[BEGAN:.*]] = spirv.Constant 7 : i32
// CHECK:         spirv.mlir.loop
// CHECK:         %[[LOOPED:.*]] = spirv.Load "Function"
// CHECK:         spirv.Select %{{.*}}, %[[LOOPED]], %[[BEGAN]] : i1, i32
gpu.module @perhaps {
  gpu.func @main(%x: memref<4xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %seven = arith.constant 7 : i32
    %count = memref.load %x[%c0] : memref<4xi32, #spirv.storage_class<StorageBuffer>>
    %turns = arith.index_cast %count : i32 to index
    %r = scf.for %i = %c0 to %turns step %c1 iter_args(%all = %seven) -> (i32) {
      %next = arith.muli %all, %all : i32
      scf.yield %next : i32
    }
    memref.store %r, %x[%c1] : memref<4xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}

// CHECK-LABEL: spirv.module @certainly
// CHECK-NOT:     spirv.Select
gpu.module @certainly {
  gpu.func @main(%x: memref<4xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %seven = arith.constant 7 : i32
    %r = scf.for %i = %c0 to %c4 step %c1 iter_args(%all = %seven) -> (i32) {
      %x_i = memref.load %x[%i] : memref<4xi32, #spirv.storage_class<StorageBuffer>>
      %next = arith.muli %all, %x_i : i32
      scf.yield %next : i32
    }
    memref.store %r, %x[%c1] : memref<4xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}
