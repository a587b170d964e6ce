// RUN: quant-opt %s -quantir-merge-constants -split-input-file | FileCheck %s

// The slack of the first is the second; what is not a private constant stays.
// CHECK-LABEL: module
// CHECK-NEXT:    memref.global "private" constant @constants : memref<72xi8> = dense<[1, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0,
// CHECK-NEXT:    memref.global "private" @scratch
// CHECK-LABEL: func.func @main
// CHECK:         %[[ALL:.*]] = memref.get_global @constants
// CHECK:         %[[START:.*]] = arith.constant 0 : index
// CHECK:         memref.view %[[ALL]][%[[START]]][] : memref<72xi8> to memref<66xi8>
// CHECK:         arith.constant 4 : index
// CHECK:         memref.view {{.*}} to memref<17xi32>
// CHECK:         memref.get_global @scratch
memref.global "private" constant @a : memref<66xi8> = dense<[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]> {quantir.slack}
memref.global "private" constant @b : memref<17xi32> = dense<[1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]> {quantir.slack}
memref.global "private" @scratch : memref<4xi8>
func.func @main() {
  %a = memref.get_global @a : memref<66xi8>
  %b = memref.get_global @b : memref<17xi32>
  %c = memref.get_global @scratch : memref<4xi8>
  quantir.launch @k tiles 1(%a, %b, %c) : memref<66xi8>, memref<17xi32>, memref<4xi8>
  return
}
func.func private @k(memref<66xi8>, memref<17xi32>, memref<4xi8>, index)

// -----

// A constant of one value is spelled out.
// CHECK:       memref.global "private" constant @constants : memref<8xi8> = dense<3> {alignment = 64 : i64}
memref.global "private" constant @splat : memref<8xi8> = dense<3>
func.func @main() {
  %a = memref.get_global @splat : memref<8xi8>
  return
}

// -----

// What every run reads lies together; a table of which it reads rows, apart.
// CHECK:       memref.global "private" constant @constants : memref<4xi8> = dense<[1, 2, 7, 8]>
// CHECK-NEXT:  memref.global "private" constant @tables : memref<4xi8> = dense<[3, 4, 5, 6]>
// CHECK:       memref.get_global @tables
// CHECK:       arith.constant 0 : index
// CHECK:       memref.get_global @constants
// CHECK:       arith.constant 2 : index
memref.global "private" constant @a : memref<2xi8> = dense<[1, 2]>
memref.global "private" constant @table : memref<4xi8> = dense<[3, 4, 5, 6]> {quantir.read_by_rows}
memref.global "private" constant @b : memref<2xi8> = dense<[7, 8]>
func.func @main() {
  %table = memref.get_global @table : memref<4xi8>
  %b = memref.get_global @b : memref<2xi8>
  return
}
