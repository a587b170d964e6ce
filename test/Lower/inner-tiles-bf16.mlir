// RUN: quant-opt %s -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=cooperlake" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=x86_64-linux-gnu -mcpu=cooperlake | llc -mtriple=x86_64-linux-gnu -relocation-model=pic -mcpu=cooperlake | FileCheck %s

// One load of a vector of weights, then products by broadcast pairs.
// CHECK-LABEL: {{^kernel_[0-9]+_matmul}}:
// CHECK:       [[LOOP:.LBB[0-9_]+]]:
// CHECK:       vmov{{.*}}({{.*}}), %zmm{{[0-9]+}}
// CHECK-NEXT:  vdpbf16ps {{.*}}{1to16}, %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// CHECK-NEXT:  vdpbf16ps {{.*}}{1to16}, %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// CHECK-NEXT:  vdpbf16ps {{.*}}{1to16}, %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// CHECK-NEXT:  vdpbf16ps {{.*}}{1to16}, %zmm{{[0-9]+}}, %zmm{{[0-9]+}}
// CHECK-NOT:   {{vcvt|vshuf|vperm|vps}}
// CHECK:       j{{[a-z]+}} [[LOOP]]
func.func @main(%x: tensor<4x2048xf32>) -> tensor<4x16xf32> {
  %w = quantir.constant dense<3.0> : tensor<16x2048xbf16> -> tensor<16x2048xbf16>
  %c = quantir.kernel (%x) {
  ^bb0(%a: tensor<4x2048xf32>):
    %r = quantir.cast %a : tensor<4x2048xf32> -> tensor<4x2048xbf16>
    quantir.yield %r : tensor<4x2048xbf16>
  } : (tensor<4x2048xf32>) -> tensor<4x2048xbf16>
  %y = quantir.kernel (%c, %w) {
  ^bb0(%a: tensor<4x2048xbf16>, %b: tensor<16x2048xbf16>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<4x2048xbf16>, tensor<16x2048xbf16> -> tensor<4x16xf32>
    quantir.yield %s : tensor<4x16xf32>
  } : (tensor<4x2048xbf16>, tensor<16x2048xbf16>) -> tensor<4x16xf32>
  return %y : tensor<4x16xf32>
}
