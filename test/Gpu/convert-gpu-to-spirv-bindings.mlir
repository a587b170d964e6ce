// RUN: quant-opt %s -split-input-file -quantir-convert-gpu-to-spirv | FileCheck %s

// No dispatch writes binding 0, and none writes what it reads, not even where both that it reads are one buffer.
// CHECK-LABEL: spirv.module @apart
// CHECK-DAG:     bind(0, 0) {non_writable, restrict} :
// CHECK-DAG:     bind(0, 1) {non_writable, restrict} :
// CHECK-DAG:     bind(0, 2) {restrict} :
func.func @main(%x: memref<8xi32>, %y: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %256 = arith.constant 256 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%256][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@apart] groups [1, 1, 1] (%x, %x, %t) written [false, false, true] : memref<8xi32>, memref<8xi32>, memref<8xi32>
  quantir.dispatch [@apart] groups [1, 1, 1] (%t, %x, %u) written [false, false, true] : memref<8xi32>, memref<8xi32>, memref<8xi32>
  return
}
gpu.module @apart {
  gpu.func @main(%a: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>},
                 %b: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 1)>},
                 %c: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 2)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [8, 1, 1]>} {
    %i = gpu.thread_id x
    %v = memref.load %a[%i] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    %w = memref.load %b[%i] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    %s = arith.addi %v, %w : i32
    memref.store %s, %c[%i] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}

// -----

// The second dispatch writes a part of what it reads.
// CHECK-LABEL: spirv.module @meets
// CHECK-DAG:     bind(0, 0) {aliased} :
// CHECK-DAG:     bind(0, 1) {aliased} :
func.func @main(%x: memref<8xi32>, %arena: memref<512xi8>) {
  %0 = arith.constant 0 : index
  %28 = arith.constant 28 : index
  %t = memref.view %arena[%0][] : memref<512xi8> to memref<8xi32>
  %u = memref.view %arena[%28][] : memref<512xi8> to memref<8xi32>
  quantir.dispatch [@meets] groups [1, 1, 1] (%x, %t) written [false, true] : memref<8xi32>, memref<8xi32>
  quantir.dispatch [@meets] groups [1, 1, 1] (%t, %u) written [false, true] : memref<8xi32>, memref<8xi32>
  return
}
gpu.module @meets {
  gpu.func @main(%a: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>},
                 %b: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 1)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [8, 1, 1]>} {
    %i = gpu.thread_id x
    %v = memref.load %a[%i] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    memref.store %v, %b[%i] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}
