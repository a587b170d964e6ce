// RUN: quant-opt %s -split-input-file '-quantir-split-dispatches=largest-binding=2048 most-groups=20' | FileCheck %s

#words = #spirv.storage_class<StorageBuffer>
#first = #spirv.interface_var_abi<(0, 0)>
#second = #spirv.interface_var_abi<(0, 1)>

// Each workgroup sees words of its own: half of them bind half of each buffer.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<1024xi32>, %[[Y:.*]]: memref<1024xi32>)
// CHECK-DAG:     %[[X0:.*]] = memref.subview %[[X]][0] [512] [1]
// CHECK-DAG:     %[[Y0:.*]] = memref.subview %[[Y]][0] [512] [1]
// CHECK:         quantir.dispatch [@kernel_1_copy] groups [8, 1, 1](%[[X0]], %[[Y0]]) written [false, true] {bytes = 4 : i64, macs = 2 : i64, part_of = 0 : i64}
// CHECK-DAG:     %[[X1:.*]] = memref.subview %[[X]][512] [512] [1]
// CHECK-DAG:     %[[Y1:.*]] = memref.subview %[[Y]][512] [512] [1]
// CHECK:         quantir.dispatch [@kernel_2_copy] groups [8, 1, 1](%[[X1]], %[[Y1]]) written [false, true] {bytes = 5 : i64, macs = 3 : i64, part_of = 0 : i64}
// CHECK-NOT:   gpu.module @kernel_0_copy
// CHECK:       gpu.module @kernel_2_copy
// CHECK:         gpu.func @main(%[[FROM:.*]]: memref<512xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 0)>}, %[[TO:.*]]: memref<512xi32, #spirv.storage_class<StorageBuffer>> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 1)>})
// CHECK-DAG:       %[[WORDS:.*]] = arith.constant 512 : i32
// CHECK-DAG:       %[[WORD:.*]] = arith.index_cast %[[WORDS]]
// CHECK-DAG:       %[[GROUPS:.*]] = arith.constant 8 : i32
// CHECK-DAG:       %[[GROUP:.*]] = arith.index_cast %[[GROUPS]]
// CHECK:           %[[ID:.*]] = gpu.block_id x
// CHECK:           %[[OWN:.*]] = arith.addi %[[ID]], %[[GROUP]]
// CHECK:           arith.muli %[[OWN]]
// CHECK:           %[[AT:.*]] = arith.subi %{{.*}}, %[[WORD]]
// CHECK:           memref.load %[[FROM]][%[[AT]]]
// CHECK:           memref.store %{{.*}}, %[[TO]]
gpu.module @kernel_0_copy {
  gpu.func @main(%from: memref<1024xi32, #words> {spirv.interface_var_abi = #first}, %to: memref<1024xi32, #words> {spirv.interface_var_abi = #second})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %64 = arith.constant 64 : index
    %group = gpu.block_id x
    %thread = gpu.thread_id x
    %first = arith.muli %group, %64 : index
    %at = arith.addi %first, %thread : index
    %word = memref.load %from[%at] : memref<1024xi32, #words>
    memref.store %word, %to[%at] : memref<1024xi32, #words>
    gpu.return
  }
}
func.func @main(%x: memref<1024xi32>, %y: memref<1024xi32>) {
  quantir.dispatch [@kernel_0_copy] groups [16, 1, 1] (%x, %y) written [false, true] {macs = 5 : i64, bytes = 9 : i64} : memref<1024xi32>, memref<1024xi32>
  return
}

// -----

#words = #spirv.storage_class<StorageBuffer>
#first = #spirv.interface_var_abi<(0, 0)>
#second = #spirv.interface_var_abi<(0, 1)>

// The data choose words: three bindings hold them, and a load and a store pick one.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<1030xi32>, %[[ROWS:.*]]: memref<64xi32>)
// CHECK-DAG:     %[[X0:.*]] = memref.subview %[[X]][0] [512] [1]
// CHECK-DAG:     %[[X1:.*]] = memref.subview %[[X]][512] [512] [1]
// CHECK-DAG:     %[[X2:.*]] = memref.subview %[[X]][1024] [6] [1]
// CHECK:         quantir.dispatch [@kernel_1_k] groups [1, 1, 1](%[[X0]], %[[X1]], %[[X2]], %[[ROWS]]) written [true, true, true, false] :
// CHECK:       gpu.module @kernel_1_k
// CHECK:         gpu.func @main(%[[INDICES:.*]]: memref<64xi32, {{.*}}> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 3)>}, %[[T0:.*]]: memref<512xi32, {{.*}}<(0, 0)>}, %[[T1:.*]]: memref<512xi32, {{.*}}<(0, 1)>}, %[[T2:.*]]: memref<6xi32, {{.*}}<(0, 2)>})
// CHECK:           %[[AT:.*]] = arith.index_cast
// CHECK:           %[[C512:.*]] = arith.constant 512
// CHECK:           %[[LOW:.*]] = arith.cmpi ult, %[[AT]], %[[C512]]
// CHECK:           %[[LOADED:.*]] = scf.if %[[LOW]] -> (i32) {
// CHECK-NEXT:        %[[V:.*]] = memref.load %[[T0]][%[[AT]]]
// CHECK-NEXT:        scf.yield %[[V]]
// CHECK-NEXT:      } else {
// CHECK-NEXT:        %[[REST:.*]] = arith.subi %[[AT]], %[[C512]]
// CHECK:             scf.if
// CHECK-NEXT:          memref.load %[[T1]][%[[REST]]]
// CHECK:               %[[LAST:.*]] = arith.subi %[[REST]]
// CHECK-NEXT:          memref.load %[[T2]][%[[LAST]]]
// CHECK:           scf.if
// CHECK-NEXT:        memref.store %[[LOADED]], %[[T0]][%[[AT]]]
// CHECK:               memref.store %[[LOADED]], %[[T1]]
// CHECK:               memref.store %[[LOADED]], %[[T2]]
gpu.module @k {
  gpu.func @main(%table: memref<1030xi32, #words> {spirv.interface_var_abi = #first}, %rows: memref<64xi32, #words> {spirv.interface_var_abi = #second})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %thread = gpu.thread_id x
    %row = memref.load %rows[%thread] : memref<64xi32, #words>
    %at = arith.index_cast %row : i32 to index
    %word = memref.load %table[%at] : memref<1030xi32, #words>
    memref.store %word, %table[%at] : memref<1030xi32, #words>
    gpu.return
  }
}
func.func @main(%x: memref<1030xi32>, %rows: memref<64xi32>) {
  quantir.dispatch [@k] groups [1, 1, 1] (%x, %rows) written [true, false] : memref<1030xi32>, memref<64xi32>
  return
}

// -----

#words = #spirv.storage_class<StorageBuffer>
#first = #spirv.interface_var_abi<(0, 0)>

// More groups than a device runs, of a kernel in two forms; what is a part already stays one.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@kernel_2_k, @kernel_3_l] groups [1, 14, 2](%{{.*}}) written [true] {part_of = 7 : i64}
// CHECK:         quantir.dispatch [@kernel_4_k, @kernel_5_l] groups [1, 14, 2](%{{.*}}) written [true] {part_of = 7 : i64}
// CHECK:         quantir.dispatch [@kernel_6_k, @kernel_7_l] groups [1, 13, 2](%{{.*}}) written [true] {part_of = 7 : i64}
// CHECK:       gpu.module @kernel_7_l
// CHECK:         arith.constant 28 : i32
gpu.module @k {
  gpu.func @main(%x: memref<41xi32, #words> {spirv.interface_var_abi = #first})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [1, 1, 1]>} {
    %word = arith.constant 3 : i32
    %group = gpu.block_id y
    memref.store %word, %x[%group] : memref<41xi32, #words>
    gpu.return
  }
}
gpu.module @l {
  gpu.func @main(%x: memref<41xi32, #words> {spirv.interface_var_abi = #first})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [1, 1, 1]>} {
    %word = arith.constant 4 : i32
    %group = gpu.block_id y
    memref.store %word, %x[%group] : memref<41xi32, #words>
    gpu.return
  }
}
func.func @main(%x: memref<41xi32>) {
  quantir.dispatch [@k, @l] groups [1, 41, 2] (%x) written [true] {part_of = 7 : i64} : memref<41xi32>
  return
}

// -----

#words = #spirv.storage_class<StorageBuffer>
#first = #spirv.interface_var_abi<(0, 0)>

// A comparison around an access tells where it goes: words [0, 512) of each group's part of the buffer.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.*]]: memref<1024xi32>)
// CHECK:         %[[LOW:.*]] = memref.subview %[[X]][0] [512] [1]
// CHECK:         quantir.dispatch [@kernel_1_k] groups [20, 1, 1](%[[LOW]]) written [true] :
// CHECK-NOT:     quantir.dispatch
gpu.module @k {
  gpu.func @main(%x: memref<1024xi32, #words> {spirv.interface_var_abi = #first})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [64, 1, 1]>} {
    %word = arith.constant 3 : i32
    %64 = arith.constant 64 : index
    %512 = arith.constant 512 : index
    %group = gpu.block_id x
    %thread = gpu.thread_id x
    %first = arith.muli %group, %64 : index
    %at = arith.addi %first, %thread : index
    %exists = arith.cmpi ult, %at, %512 : index
    scf.if %exists {
      memref.store %word, %x[%at] : memref<1024xi32, #words>
    }
    gpu.return
  }
}
func.func @main(%x: memref<1024xi32>) {
  quantir.dispatch [@k] groups [20, 1, 1] (%x) written [true] : memref<1024xi32>
  return
}

// -----

#words = #spirv.storage_class<StorageBuffer>
#first = #spirv.interface_var_abi<(0, 0)>

// What every device can stays as it is.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@k] groups [20, 1, 1](%{{.*}}) written [true] :
gpu.module @k {
  gpu.func @main(%x: memref<512xi32, #words> {spirv.interface_var_abi = #first})
      kernel attributes {spirv.entry_point_abi = #spirv.entry_point_abi<workgroup_size = [1, 1, 1]>} {
    %word = arith.constant 3 : i32
    %group = gpu.block_id x
    memref.store %word, %x[%group] : memref<512xi32, #words>
    gpu.return
  }
}
func.func @main(%x: memref<512xi32>) {
  quantir.dispatch [@k] groups [20, 1, 1] (%x) written [true] : memref<512xi32>
  return
}
