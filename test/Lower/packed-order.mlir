// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=x86-64-v4 features=+avx512vnni" | FileCheck %s
// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=aarch64-linux-gnu features=+dotprod,+i8mm" | FileCheck %s --check-prefix=ARM
// RUN: quant-opt %s -split-input-file -quantir-lower-kernels-to-gpu | FileCheck %s --check-prefix=GPU

// What packs weights says where it put them: steps of four rows, and one of
// two; of eight on AArch64, of which there are six.
// CHECK-LABEL: module
// CHECK:       quantir.order = {boxes = [array<i64: 0, 0, 5, 4, 1, 4, 1, 5>, array<i64: 64, 20, 5, 4, 1, 2, 1, 5>], weights = "{{[0-9a-f]+}}", width = 1 : i64}
// ARM-LABEL:   module
// ARM:         quantir.order = {boxes = [array<i64: 0, 0, 5, 8, 1, 6, 1, 5>], weights = "{{[0-9a-f]+}}", width = 1 : i64}
// GPU-LABEL:   module
// GPU:         quantir.order = {boxes = [array<i64: 0, 0, 5, 4, 1, 4, 1, 5>, array<i64: 32, 20, 5, 4, 1, 2, 1, 5>], weights = "{{[0-9a-f]+}}", width = 1 : i64}
!codes = tensor<3x6x!quant.uniform<u8:f32, 0.5:131>>
!weights = tensor<6x5x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<3x5x!quant.uniform<i32:f32, 0.125>>
func.func @main(%x: !codes) -> !sums {
  %w = quantir.constant dense<[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13, 14, 15], [-1, -2, -3, -4, -5],
                               [-6, -7, -8, -9, -10], [-11, -12, -13, -14, -15]]> : tensor<6x5xi8> -> !weights
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !codes, %b: !weights):
    %m = quantir.matmul %a, %b : !codes, !weights -> !sums
    quantir.yield %m : !sums
  } : (!codes, !weights) -> !sums
  return %q : !sums
}

// -----

// Weights that are all the same have no order.
// CHECK-LABEL: module
// CHECK-NOT:   quantir.order
// ARM-LABEL:   module
// ARM-NOT:     quantir.order
// GPU-LABEL:   module
// GPU-NOT:     quantir.order
!codes = tensor<3x6x!quant.uniform<u8:f32, 0.5:131>>
!weights = tensor<6x5x!quant.uniform<i8:f32, 0.25>>
!sums = tensor<3x5x!quant.uniform<i32:f32, 0.125>>
func.func @main(%x: !codes) -> !sums {
  %w = quantir.constant dense<1> : tensor<6x5xi8> -> !weights
  %q = quantir.kernel (%x, %w) {
  ^bb0(%a: !codes, %b: !weights):
    %m = quantir.matmul %a, %b : !codes, !weights -> !sums
    quantir.yield %m : !sums
  } : (!codes, !weights) -> !sums
  return %q : !sums
}
