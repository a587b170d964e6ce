// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=x86-64-v4 features=+avx512vnni" | FileCheck %s --check-prefix=BEST
// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=x86-64-v3" | FileCheck %s --check-prefix=LOWER

// The first level to be lowered packs as suits its tiles and says so: vectors of
// 16 columns, steps of one number.
// BEST-LABEL: quantir.packings = {"f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=72" = "[[#PITCH:]]x16x1x1"}
// BEST:       memref.global {{.*}} : memref<656xf32>
module attributes {quantir.packings = {}} {
  func.func @main(%x: tensor<30x8xf32>) -> tensor<30x72xf32> {
    %w = quantir.constant dense<0.5> : tensor<8x72xf32> -> tensor<8x72xf32>
    %r = quantir.kernel (%x, %w) {
    ^bb0(%a: tensor<30x8xf32>, %b: tensor<8x72xf32>):
      %m = quantir.matmul %a, %b : tensor<30x8xf32>, tensor<8x72xf32> -> tensor<30x72xf32>
      quantir.yield %m : tensor<30x72xf32>
    } : (tensor<30x8xf32>, tensor<8x72xf32>) -> tensor<30x72xf32>
    return %r : tensor<30x72xf32>
  }
}

// -----

// Another level reads them: its panels lie beside each other in those, whose
// steps are 48 columns apart, in the last one 32.
// LOWER-LABEL: quantir.packings = {{.*}} = "48x16x1x1"}
// LOWER:       memref.global {{.*}} : memref<656xf32>
// LOWER-LABEL: func.func private @kernel_1_matmul
// LOWER:         arith.select {{.*}}, %c48, %c32 : index
module attributes {quantir.packings = {"f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=72" = "48x16x1x1"}} {
  func.func @main(%x: tensor<30x8xf32>) -> tensor<30x72xf32> {
    %w = quantir.constant dense<0.5> : tensor<8x72xf32> -> tensor<8x72xf32>
    %r = quantir.kernel (%x, %w) {
    ^bb0(%a: tensor<30x8xf32>, %b: tensor<8x72xf32>):
      %m = quantir.matmul %a, %b : tensor<30x8xf32>, tensor<8x72xf32> -> tensor<30x72xf32>
      quantir.yield %m : tensor<30x72xf32>
    } : (tensor<30x8xf32>, tensor<8x72xf32>) -> tensor<30x72xf32>
    return %r : tensor<30x72xf32>
  }
}
