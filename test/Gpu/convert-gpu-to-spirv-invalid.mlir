// RUN: quant-opt %s -split-input-file -verify-diagnostics -quantir-convert-gpu-to-spirv

// Bytes in memory would be emulated by atomic operations on words.
gpu.module @k {
  // expected-error @+1 {{failed to legalize operation 'gpu.func'}}
  gpu.func @main(%x: memref<8xi8, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>}) kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %0 = arith.constant 0 : index
    %v = memref.load %x[%0] : memref<8xi8, #spirv.storage_class<StorageBuffer>>
    memref.store %v, %x[%0] : memref<8xi8, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}

// -----

// Not every GPU has integers of 64 bits.
gpu.module @k {
  gpu.func @main(%x: memref<8xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>}) kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %0 = arith.constant 0 : index
    %v = memref.load %x[%0] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    // expected-error @+1 {{failed to legalize operation 'arith.extsi'}}
    %w = arith.extsi %v : i32 to i64
    %t = arith.trunci %w : i64 to i32
    memref.store %t, %x[%0] : memref<8xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}
