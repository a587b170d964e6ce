// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu -quantir-share-gpu-kernels | FileCheck %s

// Two kernels that differ in a scale get it as a push constant.
// CHECK-NOT:     memref.global
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@[[KERNEL:.*]]] groups [1, 1, 1](%{{.*}}, %{{.*}}) written [false, true] push [1073741824]
// CHECK:         quantir.dispatch [@[[KERNEL]]] groups [1, 1, 1](%{{.*}}, %{{.*}}) written [false, true] push [1077936128]
// CHECK:         gpu.module @[[KERNEL]]
// CHECK:           spirv.GlobalVariable @[[PUSH:.*]] : !spirv.ptr<!spirv.struct<(!spirv.array<1 x i32, stride=4> [0])>, PushConstant>
// CHECK:           gpu.func @main
// CHECK:             %[[ALL:.*]] = spirv.mlir.addressof @[[PUSH]]
// CHECK:             %[[PLACE:.*]] = spirv.AccessChain %[[ALL]]
// CHECK:             %[[WORD:.*]] = spirv.Load "PushConstant" %[[PLACE]]
// CHECK:             arith.bitcast %[[WORD]] : i32 to f32
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

// -----

// A number that stands in several places is one word, and read once.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch {{.*}} push [1073741824]
// CHECK:         quantir.dispatch {{.*}} push [1077936128]
// CHECK:         spirv.Load "PushConstant"
// CHECK-NOT:     spirv.Load "PushConstant"
func.func @main(%x: tensor<8xf32>) -> tensor<8xf32> {
  %y = quantir.kernel (%x) {
  ^bb0(%a: tensor<8xf32>):
    %two = quantir.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
    %q = quantir.mul %a, %two : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    %r = quantir.add %q, %two : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  %z = quantir.kernel (%y) {
  ^bb0(%a: tensor<8xf32>):
    %three = quantir.constant dense<3.0> : tensor<8xf32> -> tensor<8xf32>
    %q = quantir.mul %a, %three : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    %r = quantir.add %q, %three : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %r : tensor<8xf32>
  } : (tensor<8xf32>) -> tensor<8xf32>
  return %z : tensor<8xf32>
}
