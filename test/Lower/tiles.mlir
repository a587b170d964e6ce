// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4" | FileCheck %s

// The cost model's choice: as many sums as there are registers for.
// CHECK-LABEL: @main
// CHECK:         quantir.launch @kernel_{{[0-9]+}}_matmul{{.*}}quantir.contraction = "f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=64", quantir.tile = "[[#ROWS:]]x[[#VECTORS:]]"}
func.func @main(%x: tensor<30x8xf32>, %w: tensor<8x64xf32>) -> tensor<30x64xf32> {
  %r = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<30x8xf32>, %b: tensor<8x64xf32>):
    %m = quantir.matmul %a, %b : tensor<30x8xf32>, tensor<8x64xf32> -> tensor<30x64xf32>
    quantir.yield %m : tensor<30x64xf32>
  } : (tensor<30x8xf32>, tensor<8x64xf32>) -> tensor<30x64xf32>
  return %r : tensor<30x64xf32>
}

// -----

// The module may say another: two rows by three vectors, and one vector in the
// tail panel; tiles of rows are the outer loop.
// CHECK-NOT:   quantir.tiles
// CHECK-LABEL: @main
// CHECK:         quantir.launch @kernel_{{[0-9]+}}_matmul{{.*}}quantir.tile = "2x3 rows outside"}
// CHECK-LABEL: func.func private @kernel_{{[0-9]+}}_matmul
// CHECK:         scf.for
// CHECK:           scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK:           scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>) {
// CHECK:         return
module attributes {quantir.tiles = {"f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=64" = "2x3 rows outside"}} {
  func.func @main(%x: tensor<30x8xf32>) -> tensor<30x64xf32> {
    %w = quantir.constant dense<0.5> : tensor<8x64xf32> -> tensor<8x64xf32>
    %r = quantir.kernel (%x, %w) {
    ^bb0(%a: tensor<30x8xf32>, %b: tensor<8x64xf32>):
      %m = quantir.matmul %a, %b : tensor<30x8xf32>, tensor<8x64xf32> -> tensor<30x64xf32>
      quantir.yield %m : tensor<30x64xf32>
    } : (tensor<30x8xf32>, tensor<8x64xf32>) -> tensor<30x64xf32>
    return %r : tensor<30x64xf32>
  }
}
