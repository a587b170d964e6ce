// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu -quantir-share-gpu-kernels -quantir-convert-gpu-to-spirv | FileCheck %s

// SPIR-V 1.3 without features or emulation, named like the dispatch's kernel; no float operation is contracted.
// CHECK:       quantir.dispatch [@kernel_0_elementwise]
// CHECK:       spirv.module @kernel_0_elementwise Logical GLSL450 requires #spirv.vce<v1.3, [Shader, Matrix], [SPV_KHR_storage_buffer_storage_class]>
// CHECK-NOT:     atomic
// CHECK-DAG:     spirv.GlobalVariable @{{.*}} bind(0, 0) {{.*}}: !spirv.ptr<!spirv.struct<(!spirv.array<2 x vector<4xi32>, stride=16> [0])>, StorageBuffer>
// CHECK-DAG:     spirv.GlobalVariable @{{.*}} bind(0, 2) {{.*}}: !spirv.ptr<!spirv.struct<(!spirv.array<2 x vector<4xi32>, stride=16> [0])>, StorageBuffer>
// CHECK:         spirv.FAdd {{.*}} {no_contraction}
// CHECK:         spirv.FMul {{.*}} {no_contraction}
// CHECK:         spirv.EntryPoint "GLCompute" @main
// CHECK-NOT:     main_arg
// CHECK:         spirv.ExecutionMode @main "LocalSize", 64, 1, 1
// CHECK-NOT:   gpu.module
func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<8xf32> {
  %r = quantir.kernel (%x, %y) {
  ^bb0(%a: tensor<8xf32>, %b: tensor<8xf32>):
    %s = quantir.add %a, %b : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    %t = quantir.mul %s, %b : tensor<8xf32>, tensor<8xf32> -> tensor<8xf32>
    quantir.yield %t : tensor<8xf32>
  } : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

// Push constants are words of a block, which the entry point of version 1.3 does not list.
// CHECK:       spirv.module @kernel_0_elementwise
// CHECK:         spirv.GlobalVariable @[[PUSH:.*]] : !spirv.ptr<!spirv.struct<(!spirv.array<1 x i32, stride=4> [0])>, PushConstant>
// CHECK:         %[[WORD:.*]] = spirv.Load "PushConstant"
// CHECK:         spirv.Bitcast %[[WORD]] : i32 to f32
// CHECK:         spirv.EntryPoint "GLCompute" @main
// CHECK-NOT:     @[[PUSH]]
// CHECK:         spirv.ExecutionMode
// CHECK-NOT:   spirv.module
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
