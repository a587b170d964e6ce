// RUN: quant-opt %s -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=skylake-avx512" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=x86_64-linux-gnu -mcpu=skylake-avx512 | llc -mtriple=x86_64-linux-gnu -relocation-model=pic -mcpu=skylake-avx512 | FileCheck %s

// Without VNNI: both sides widened to 16 bits, or not where no pair of products can leave them.
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<4x1024x!codes>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
  // CHECK-LABEL: {{^kernel_[0-9]+_matmul}}:
  // CHECK:       [[WIDE:.LBB[0-9_]+]]:
  // CHECK-NOT:   rsp
  // CHECK:       vpmovsxbw {{.*}}, %zmm
  // CHECK:       vpmaddwd %zmm
  // CHECK-NOT:   rsp
  // CHECK:       j{{[a-z]+}} [[WIDE]]
  %large = quantir.constant dense<100> : tensor<16x1024xi8> -> tensor<16x1024x!weights>
  %y = quantir.kernel (%x, %large) {
  ^bb0(%a: tensor<4x1024x!codes>, %b: tensor<16x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<4x1024x!codes>, tensor<16x1024x!weights> -> tensor<4x16x!sums>
    %d = quantir.dequantize %s : tensor<4x16x!sums> -> tensor<4x16xf32>
    quantir.yield %d : tensor<4x16xf32>
  } : (tensor<4x1024x!codes>, tensor<16x1024x!weights>) -> tensor<4x16xf32>
  // CHECK-LABEL: {{^kernel_[0-9]+_matmul}}:
  // CHECK:       [[NARROW:.LBB[0-9_]+]]:
  // CHECK-NOT:   rsp
  // CHECK:       vpmaddubsw {{.*}}, %zmm
  // CHECK-NOT:   vpmovsxbw
  // CHECK:       j{{[a-z]+}} [[NARROW]]
  %small = quantir.constant dense<3> : tensor<16x1024xi8> -> tensor<16x1024x!weights>
  %z = quantir.kernel (%x, %small) {
  ^bb0(%a: tensor<4x1024x!codes>, %b: tensor<16x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<4x1024x!codes>, tensor<16x1024x!weights> -> tensor<4x16x!sums>
    %d = quantir.dequantize %s : tensor<4x16x!sums> -> tensor<4x16xf32>
    quantir.yield %d : tensor<4x16xf32>
  } : (tensor<4x1024x!codes>, tensor<16x1024x!weights>) -> tensor<4x16xf32>
  return %y, %z : tensor<4x16xf32>, tensor<4x16xf32>
}
