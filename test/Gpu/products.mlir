// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu="target=adreno" | FileCheck %s --check-prefix=ADRENO
// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu -quantir-convert-gpu-to-spirv | FileCheck %s --check-prefix=SPIRV

!image = tensor<1x32x32x16x!quant.uniform<u8:f32, 0.5:131>>
!filter = tensor<8x1x1x16x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<1x32x32x8x!quant.uniform<i32:f32, 0.125>>

// Three forms on the same buffers; 64 dot products of four codes for eight
// loads of 128 bits. Codes are unsigned, which Adreno's dot products take.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@[[ACCUMULATE:.*]], @[[ADD:.*]], @[[FLOAT:.*]]] groups [1, 8, 1](
// CHECK:         gpu.module @[[ACCUMULATE]]
// CHECK-NOT:       scf.for
// CHECK-COUNT-4:   memref.load {{.*}}<1024xvector<4xi32>
// CHECK-COUNT-4:   memref.load {{.*}}<8xvector<4xi32>
// ADRENO-LABEL: func.func @main
// ADRENO:         quantir.dispatch {{.*}} groups [1, 4, 1](
// ADRENO:         memref.load {{.*}}<8xvector<4xi32>
// ADRENO-NOT:      arith.xori
// ADRENO-COUNT-128: spirv.SUDotAccSat
// ADRENO-NOT:      spirv.S{{U?}}Dot
// ADRENO:         gpu.module
// What needs no dot product asks for none.
// SPIRV-LABEL: func.func @main
// SPIRV:         spirv.module @{{.*}} requires #spirv.vce<v1.3, [{{.*}}DotProductInput4x8BitPacked{{.*}}]
// SPIRV-COUNT-64:  spirv.SDotAccSat
// SPIRV-NOT:       spirv.SDot
// SPIRV:         spirv.module @{{.*}} requires #spirv.vce<v1.3, [{{.*}}DotProductInput4x8BitPacked{{.*}}]
// SPIRV-COUNT-64:  spirv.SDot %
// SPIRV-NOT:       spirv.SDot
// SPIRV:         spirv.module @{{.*}} requires #spirv.vce<v1.3, [Shader{{(, Matrix)?}}], [SPV_KHR_storage_buffer_storage_class]>
// SPIRV-NOT:       spirv.SDot
// SPIRV:           spirv.GL.Fma
// SPIRV-NOT:       spirv.SDot
func.func @main(%x: !image) -> !sums {
  %w = quantir.constant dense<3> : tensor<8x1x1x16xi8> -> !filter
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !image, %f: !filter):
    %s = quantir.conv %a, %f : !image, !filter -> !sums
    quantir.yield %s : !sums
  } : (!image, !filter) -> !sums
  return %q : !sums
}

// -----

!left = tensor<12x32x64x!quant.uniform<u8:f32, 0.5:131>>
!right = tensor<12x32x64x!quant.uniform<i8<-127:127>:f32, 0.25>>
!sums = tensor<12x32x32x!quant.uniform<i32:f32, 0.125>>

// A right operand that a run computes is brought into the order of weights,
// with what its zero point makes of each column.
// CHECK-LABEL: func.func @main(
// CHECK-SAME:    %[[LEFT:.*]]: memref<6144xi32>, %[[RIGHT:.*]]: memref<6144xi32>, %[[RESULT:.*]]: memref<12288xi32>)
// CHECK:         %[[PACKED:.*]] = memref.alloc() : memref<6144xi32>
// CHECK:         %[[STARTS:.*]] = memref.alloc() : memref<384xi32>
// CHECK:         quantir.dispatch [@{{.*}}_pack] groups [6, 1, 1](%[[RIGHT]], %[[PACKED]], %[[STARTS]]) written [false, true, true]
// CHECK:         quantir.dispatch {{.*}}(%[[LEFT]], %[[PACKED]], %[[STARTS]], %[[RESULT]]) written [false, false, false, true]
// SPIRV-LABEL: func.func @main
func.func @main(%x: !left, %y: !right) -> !sums {
  %q = quantir.kernel (%x, %y) {
  ^bb0(%a: !left, %b: !right):
    %s = quantir.matmul %a, %b {transpose_rhs} : !left, !right -> !sums
    quantir.yield %s : !sums
  } : (!left, !right) -> !sums
  return %q : !sums
}

// -----

!row = tensor<1x1280x!quant.uniform<u8:f32, 0.5:131>>
!weights = tensor<1280x64x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<1x64x!quant.uniform<i32:f32, 0.125>>

// One row is too little work for a device: sixteen invocations share each sum.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch {{.*}} groups [4, 1, 1](
// CHECK:         gpu.func {{.*}}workgroup_size = [4, 1, 16]
// CHECK:           memref.alloc() : memref<256xi32, #spirv.storage_class<Workgroup>>
// CHECK:           gpu.barrier
func.func @main(%x: !row) -> !sums {
  %w = quantir.constant dense<3> : tensor<1280x64xi8> -> !weights
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !row, %f: !weights):
    %s = quantir.matmul %a, %f : !row, !weights -> !sums
    quantir.yield %s : !sums
  } : (!row, !weights) -> !sums
  return %q : !sums
}

// -----

!image = tensor<1x16x16x32x!quant.uniform<u8:f32, 0.5:131>>
!filter = tensor<32x3x3x1x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<1x16x16x32x!quant.uniform<i32:f32, 0.125>>

// Four neighbouring pixels read six for each line of three taps.
// CHECK-LABEL: func.func @main
// CHECK:         gpu.func @main(%[[IMAGE:[a-z0-9]*]]: memref<2048xi32,
// CHECK:           scf.for
// CHECK-COUNT-6:     memref.load %[[IMAGE]]
// CHECK-NOT:         memref.load %[[IMAGE]]
// CHECK:             scf.yield
// CHECK-NOT:       memref.load %[[IMAGE]]
// CHECK:           gpu.return
func.func @main(%x: !image) -> !sums {
  %w = quantir.constant dense<3> : tensor<32x3x3x1xi8> -> !filter
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !image, %f: !filter):
    %s = quantir.conv %a, %f {groups = 32 : i64, pads = array<i64: 1, 1, 1, 1>} : !image, !filter -> !sums
    quantir.yield %s : !sums
  } : (!image, !filter) -> !sums
  return %q : !sums
}

// -----

!row = tensor<1x140000x!quant.uniform<u8:f32, 0.5:131>>
!weights = tensor<140000x4x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<1x4x!quant.uniform<i32:f32, 0.125>>

// Sums of 128 less than a code that might leave 32 bits are not saturated.
// CHECK-LABEL: func.func @main
// CHECK:         quantir.dispatch [@[[ADD:[^,]*]], @[[FLOAT:[^,]*]]] groups
// CHECK-NOT:     spirv.SDotAccSat
func.func @main(%x: !row, %w: !weights) -> !sums {
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !row, %f: !weights):
    %s = quantir.matmul %a, %f : !row, !weights -> !sums
    quantir.yield %s : !sums
  } : (!row, !weights) -> !sums
  return %q : !sums
}
