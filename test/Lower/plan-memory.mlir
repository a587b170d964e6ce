// RUN: quant-opt %s -quantir-plan-memory | FileCheck %s
// RUN: quant-opt %s '-quantir-plan-memory=alignment=256' | FileCheck %s --check-prefix=WIDE
// RUN: quant-opt %s -quantir-plan-memory -remarks-filter=quantir-lower -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=SAYS

// SAYS: [Analysis] ArenaPlanned {{.*}}Remark="the arena takes 192 bytes, its largest live set 192"

// WIDE: memref<512xi8>) attributes {quantir.arena_size = 512 : i64}
// WIDE: arith.constant 256 : index

// The first and the last buffer never live together and share their place.
// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[ARENA:[a-z0-9]+]]: memref<192xi8>) attributes {quantir.arena_size = 192 : i64}
// CHECK:         %[[LOW:.*]] = arith.constant 0 : index
// CHECK:         %[[A:.*]] = memref.view %[[ARENA]][%[[LOW]]][] : memref<192xi8> to memref<32xf32>
// CHECK:         %[[HIGH:.*]] = arith.constant 128 : index
// CHECK:         memref.view %[[ARENA]][%[[HIGH]]][] : memref<192xi8> to memref<8xf32>
// CHECK:         %[[LOW2:.*]] = arith.constant 0 : index
// CHECK:         memref.view %[[ARENA]][%[[LOW2]]][] : memref<192xi8> to memref<32xf32>
func.func private @k(memref<32xf32>, memref<8xf32>, index)
func.func @main(%context: !llvm.ptr) {
  %a = memref.alloc() : memref<32xf32>
  %b = memref.alloc() : memref<8xf32>
  quantir.launch @k tiles 1(%a, %b) : memref<32xf32>, memref<8xf32>
  %c = memref.alloc() : memref<32xf32>
  quantir.launch @k tiles 1(%c, %b) : memref<32xf32>, memref<8xf32>
  return
}
