// RUN: quant-opt %s -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=sapphirerapids" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=x86_64-linux-gnu -mcpu=sapphirerapids | llc -mtriple=x86_64-linux-gnu -relocation-model=pic -mcpu=sapphirerapids | FileCheck %s

// Loads and products alone: no accumulator leaves its register.
// CHECK-LABEL: {{^kernel_[0-9]+_matmul}}:
// CHECK:       ldtilecfg
// CHECK-COUNT-4: tilezero
// CHECK-NOT:   tilestored
// CHECK:       [[LOOP:.LBB[0-9_]+]]:
// CHECK-NOT:   {{tilestored|tilezero|ldtilecfg}}
// CHECK-COUNT-3: tileloadd
// CHECK-COUNT-2: tdpbusd
// CHECK-COUNT-1: tileloadd
// CHECK-COUNT-2: tdpbusd
// CHECK-NOT:   {{tilestored|tilezero|ldtilecfg}}
// CHECK:       j{{[a-z]+}} [[LOOP]]
// CHECK-COUNT-4: tilestored
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<64x1024x!codes>, %few: tensor<7x1024x!codes>) -> (tensor<64x32xf32>, tensor<7x32xf32>) {
  %w = quantir.constant dense<3> : tensor<32x1024xi8> -> tensor<32x1024x!weights>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<64x1024x!codes>, %b: tensor<32x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<64x1024x!codes>, tensor<32x1024x!weights> -> tensor<64x32x!sums>
    %d = quantir.dequantize %s : tensor<64x32x!sums> -> tensor<64x32xf32>
    quantir.yield %d : tensor<64x32xf32>
  } : (tensor<64x1024x!codes>, tensor<32x1024x!weights>) -> tensor<64x32xf32>
  // Few rows would fill no register.
  // CHECK-LABEL: {{^kernel_[0-9]+_matmul}}:
  // CHECK-NOT:   tdpbusd
  // CHECK:       vpdpbusd
  // CHECK-LABEL: {{^model_run}}:
  %z = quantir.kernel (%few, %w) {
  ^bb0(%a: tensor<7x1024x!codes>, %b: tensor<32x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<7x1024x!codes>, tensor<32x1024x!weights> -> tensor<7x32x!sums>
    %d = quantir.dequantize %s : tensor<7x32x!sums> -> tensor<7x32xf32>
    quantir.yield %d : tensor<7x32xf32>
  } : (tensor<7x1024x!codes>, tensor<32x1024x!weights>) -> tensor<7x32xf32>
  return %y, %z : tensor<64x32xf32>, tensor<7x32xf32>
}
