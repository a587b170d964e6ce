// RUN: quant-opt %s -quantir-lower-kernels -quantir-plan-memory -quantir-lower-to-llvm=name=net | FileCheck %s

// The host that calibrates is called with the context, the index, the tensor's
// address and its number of elements, whatever the tensors' shapes.
// CHECK-LABEL: llvm.func internal @main
// CHECK:         %[[SIX:.*]] = llvm.mlir.constant(6 : i64)
// CHECK:         llvm.call @quantir_observe(%[[CONTEXT:.*]], %{{.*}}, %{{.*}}, %[[SIX]])
// CHECK:         %[[EIGHT:.*]] = llvm.mlir.constant(8 : i64)
// CHECK:         llvm.call @quantir_observe(%[[CONTEXT]], %{{.*}}, %{{.*}}, %[[EIGHT]])
// CHECK-SAME:      (!llvm.ptr, i64, i64, i64) -> ()
func.func @main(%x: tensor<2x3xf32> {quantir.name = "x"}, %y: tensor<8xf32> {quantir.name = "y"})
    -> (tensor<8xf32> {quantir.name = "z"}) {
  quantir.observe %x {index = 0 : i64} : tensor<2x3xf32>
  quantir.observe %y {index = 1 : i64} : tensor<8xf32>
  %z = quantir.kernel(%y) {
  ^bb0(%a: tensor<8xf32>):
    %r = quantir.relu %a : tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
