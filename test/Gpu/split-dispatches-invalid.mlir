// RUN: quant-opt %s -split-input-file -verify-diagnostics '-quantir-split-dispatches=largest-binding=256'
// RUN: not quant-opt %s -split-input-file '-quantir-split-dispatches=largest-binding=300' 2>&1 | FileCheck %s --check-prefix=LIMIT
// RUN: not quant-opt %s -split-input-file '-quantir-split-dispatches=most-groups=0' 2>&1 | FileCheck %s --check-prefix=GROUPS

// LIMIT: error: bindings of 300 bytes and 65535 groups are no limits of a device
// GROUPS: error: bindings of 134217728 bytes and 0 groups are no limits of a device

// Where an element comes from only the data tell, so that all of them are bound.
gpu.module @kernel_0_gather {
  gpu.func @main(%table: memref<4096xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>},
                 %rows: memref<64xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 1)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %i = gpu.thread_id x
    %word = memref.load %rows[%i] : memref<64xi32, #spirv.storage_class<StorageBuffer>>
    %row = arith.index_cast %word : i32 to index
    %value = memref.load %table[%row] : memref<4096xi32, #spirv.storage_class<StorageBuffer>>
    memref.store %value, %rows[%i] : memref<64xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}
func.func @main(%table: memref<4096xi32>, %rows: memref<64xi32>) {
  // expected-error @+1 {{needs 65 bindings, for a GPU binds 256 bytes in one piece, and at most 24 pieces; compile without --gpu}}
  quantir.dispatch [@kernel_0_gather] groups [1, 1, 1] (%table, %rows) written [false, true] : memref<4096xi32>, memref<64xi32>
  return
}

// -----

func.func @main(%x: memref<600000000xi32>) {
  // expected-error @+1 {{has a tensor of 2400000000 bytes, but code for GPUs counts up to 2146435072; compile without --gpu}}
  quantir.dispatch [@k] groups [1, 1, 1] (%x) written [false] : memref<600000000xi32>
  return
}

// -----

func.func @main(%x: memref<128xi32>) {
  // expected-error @+1 {{internal error: there is no kernel @k}}
  quantir.dispatch [@k] groups [1, 1, 1] (%x) written [false] : memref<128xi32>
  return
}

// -----

gpu.module @k {
  gpu.func @main(%x: memref<128xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    // expected-error @+1 {{internal error: is no load or store}}
    memref.dealloc %x : memref<128xi32, #spirv.storage_class<StorageBuffer>>
    gpu.return
  }
}
func.func @main(%x: memref<128xi32>) {
  quantir.dispatch [@k] groups [1, 1, 1] (%x) written [false] : memref<128xi32>
  return
}
