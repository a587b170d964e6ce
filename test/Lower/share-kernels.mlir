// RUN: quant-opt %s -quantir-share-kernels -split-input-file | FileCheck %s

// What differs becomes an argument; what is the same (the first 2.0) stays.
// CHECK:         memref.global "private" constant @[[$OTHERS:numbers_[0-9]]] : memref<1xf32> = dense<5.0
// CHECK:         memref.global "private" constant @[[$NUMBERS:numbers_[0-9]]] : memref<1xf32> = dense<3.0
// CHECK-LABEL: func.func @main
// CHECK-DAG:     %[[W1:.*]] = memref.get_global @w1
// CHECK-DAG:     %[[N1:.*]] = memref.get_global @[[$NUMBERS]]
// CHECK:         quantir.launch @scale tiles 1(%{{.*}}, %[[W1]], %[[N1]])
// CHECK-DAG:     %[[W2:.*]] = memref.get_global @w2
// CHECK-DAG:     %[[N2:.*]] = memref.get_global @[[$OTHERS]]
// CHECK:         quantir.launch @scale tiles 2(%{{.*}}, %[[W2]], %[[N2]])
// CHECK:         quantir.launch @other tiles 1(%{{[^,]*}}) :
// CHECK:       func.func private @scale(%{{.*}}: memref<16xf32> {llvm.noalias}, %[[W:.*]]: memref<16xf32> {llvm.noalias}, %[[N:.*]]: memref<1xf32> {llvm.noalias}, %{{.*}}: index)
// CHECK:         %[[NUMBER:.*]] = memref.load %[[N]]
// CHECK:         %[[LANES:.*]] = vector.broadcast %[[NUMBER]] : f32 to vector<16xf32>
// CHECK:         arith.constant dense<2.0
// CHECK:         vector.load %[[W]]
// CHECK:         arith.mulf %{{.*}}, %[[LANES]]
// CHECK-NOT:   func.func private @again
// CHECK:       func.func private @other
memref.global "private" constant @w1 : memref<16xf32> = dense<1.0>
memref.global "private" constant @w2 : memref<16xf32> = dense<4.0>
func.func @main(%x: memref<16xf32>) {
  quantir.launch @scale tiles 1(%x) : memref<16xf32>
  quantir.launch @again tiles 2(%x) : memref<16xf32>
  quantir.launch @other tiles 1(%x) : memref<16xf32>
  return
}
func.func private @scale(%x: memref<16xf32> {llvm.noalias}, %tile: index) {
  %zero = arith.constant 0 : index
  %two = arith.constant dense<2.0> : vector<16xf32>
  %factor = arith.constant dense<3.0> : vector<16xf32>
  %w = memref.get_global @w1 : memref<16xf32>
  %a = vector.load %w[%zero] : memref<16xf32>, vector<16xf32>
  %b = arith.addf %a, %two : vector<16xf32>
  %c = arith.mulf %b, %factor : vector<16xf32>
  vector.store %c, %x[%zero] : memref<16xf32>, vector<16xf32>
  return
}
func.func private @again(%x: memref<16xf32> {llvm.noalias}, %tile: index) {
  %zero = arith.constant 0 : index
  %two = arith.constant dense<2.0> : vector<16xf32>
  %factor = arith.constant dense<5.0> : vector<16xf32>
  %w = memref.get_global @w2 : memref<16xf32>
  %a = vector.load %w[%zero] : memref<16xf32>, vector<16xf32>
  %b = arith.addf %a, %two : vector<16xf32>
  %c = arith.mulf %b, %factor : vector<16xf32>
  vector.store %c, %x[%zero] : memref<16xf32>, vector<16xf32>
  return
}
// Divides where the others multiply.
func.func private @other(%x: memref<16xf32> {llvm.noalias}, %tile: index) {
  %zero = arith.constant 0 : index
  %two = arith.constant dense<2.0> : vector<16xf32>
  %factor = arith.constant dense<5.0> : vector<16xf32>
  %w = memref.get_global @w2 : memref<16xf32>
  %a = vector.load %w[%zero] : memref<16xf32>, vector<16xf32>
  %b = arith.addf %a, %two : vector<16xf32>
  %c = arith.divf %b, %factor : vector<16xf32>
  vector.store %c, %x[%zero] : memref<16xf32>, vector<16xf32>
  return
}

// -----

// Indices are code, and so are operands in another order.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.launch @low
// CHECK:         quantir.launch @high
// CHECK:         quantir.launch @swapped
func.func @main(%x: memref<8xf32>, %y: memref<8xf32>) {
  quantir.launch @low tiles 1(%x, %y) : memref<8xf32>, memref<8xf32>
  quantir.launch @high tiles 1(%x, %y) : memref<8xf32>, memref<8xf32>
  quantir.launch @swapped tiles 1(%x, %y) : memref<8xf32>, memref<8xf32>
  return
}
func.func private @low(%x: memref<8xf32>, %y: memref<8xf32>, %tile: index) {
  %at = arith.constant 0 : index
  %a = memref.load %x[%at] : memref<8xf32>
  memref.store %a, %y[%at] : memref<8xf32>
  return
}
func.func private @high(%x: memref<8xf32>, %y: memref<8xf32>, %tile: index) {
  %at = arith.constant 4 : index
  %a = memref.load %x[%at] : memref<8xf32>
  memref.store %a, %y[%at] : memref<8xf32>
  return
}
func.func private @swapped(%x: memref<8xf32>, %y: memref<8xf32>, %tile: index) {
  %at = arith.constant 0 : index
  %a = memref.load %y[%at] : memref<8xf32>
  memref.store %a, %x[%at] : memref<8xf32>
  return
}

// -----

// Numbers before anything else, of two types.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.launch @first tiles 1(%{{.*}}, %{{.*}}, %{{.*}}) : memref<8xf32>, memref<2xf32>, memref<1xi32>
// CHECK:         quantir.launch @first tiles 1(%{{.*}}, %{{.*}}, %{{.*}}) : memref<8xf32>, memref<2xf32>, memref<1xi32>
// CHECK-NOT:   @second
func.func @main(%x: memref<8xf32>) {
  quantir.launch @first tiles 1(%x) : memref<8xf32>
  quantir.launch @second tiles 1(%x) : memref<8xf32>
  return
}
func.func private @first(%x: memref<8xf32>, %tile: index) {
  %a = arith.constant 1.0 : f32
  %b = arith.constant 2.0 : f32
  %n = arith.constant 3 : i32
  %m = arith.sitofp %n : i32 to f32
  %s = arith.addf %a, %b : f32
  %t = arith.addf %s, %m : f32
  memref.store %t, %x[%tile] : memref<8xf32>
  return
}
func.func private @second(%x: memref<8xf32>, %tile: index) {
  %a = arith.constant 5.0 : f32
  %b = arith.constant 6.0 : f32
  %n = arith.constant 7 : i32
  %m = arith.sitofp %n : i32 to f32
  %s = arith.addf %a, %b : f32
  %t = arith.addf %s, %m : f32
  memref.store %t, %x[%tile] : memref<8xf32>
  return
}
