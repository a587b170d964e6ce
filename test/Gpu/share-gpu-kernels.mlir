// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu -quantir-share-gpu-kernels | FileCheck %s

// Two kernels that differ in a scale read it from a buffer of their own.
// CHECK-DAG:     memref.global "private" constant @[[$A:numbers_0]] : memref<1xi32> = dense<1073741824>
// CHECK-DAG:     memref.global "private" constant @[[$B:numbers_1]] : memref<1xi32> = dense<1077936128>
// CHECK-LABEL: func.func @main
// CHECK:         %[[TWO:.*]] = memref.get_global @[[$A]]
// CHECK:         quantir.dispatch [@[[KERNEL:.*]]] groups [1, 1, 1](%{{.*}}, %{{.*}}, %[[TWO]]) written [false, true, false]
// CHECK:         %[[THREE:.*]] = memref.get_global @[[$B]]
// CHECK:         quantir.dispatch [@[[KERNEL]]] groups [1, 1, 1](%{{.*}}, %{{.*}}, %[[THREE]]) written [false, true, false]
// CHECK:         gpu.module @[[KERNEL]]
// CHECK:           gpu.func @main({{.*}}, %[[TABLE:.*]]: memref<1xi32, {{.*}}> {spirv.interface_var_abi = #spirv.interface_var_abi<(0, 2)>})
// CHECK:             %[[NUMBER:.*]] = memref.load %[[TABLE]]
// CHECK:             arith.bitcast %[[NUMBER]] : i32 to f32
// CHECK-NOT:     gpu.module
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<8xf32>):
    %two = quantir.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
    %r = quantir.mul %a, %two : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %z = quantir.kernel (%y) {
  ^bb0(%a: tensor<8xf32>):
    %three = quantir.constant dense<3.0> : tensor<8xf32> -> tensor<8xf32>
    %r = quantir.mul %a, %three : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}

// -----

// Other code stays apart.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@[[SUM:kernel_0_elementwise]]]
// CHECK:         quantir.dispatch [@[[PRODUCT:kernel_1_elementwise]]]
// CHECK:         gpu.module @[[SUM]]
// CHECK:         gpu.module @[[PRODUCT]]
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<8xf32>):
    %r = quantir.add %a, %a : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %z = quantir.kernel (%y) {
  ^bb0(%a: tensor<8xf32>):
    %r = quantir.mul %a, %a : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
