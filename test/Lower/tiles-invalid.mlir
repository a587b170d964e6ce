// RUN: quant-opt %s -split-input-file -verify-diagnostics -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4"

// What the processor has no registers for.
module attributes {quantir.tiles = {"f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=64" = "12x4"}} {
  func.func @main(%x: tensor<30x8xf32>) -> tensor<30x64xf32> {
    %w = quantir.constant dense<0.5> : tensor<8x64xf32> -> tensor<8x64xf32>
    %r = quantir.kernel (%x, %w) {
    ^bb0(%a: tensor<30x8xf32>, %b: tensor<8x64xf32>):
      // expected-error @+1 {{cannot have the tile '12x4' that quantir.tiles says for 'f32 batches=1 rights=1 lines=1 rows=30 stride=8 depth=1x1x8 columns=64': it needs 52 registers of 31}}
      %m = quantir.matmul %a, %b : tensor<30x8xf32>, tensor<8x64xf32> -> tensor<30x64xf32>
      quantir.yield %m : tensor<30x64xf32>
    } : (tensor<30x8xf32>, tensor<8x64xf32>) -> tensor<30x64xf32>
    return %r : tensor<30x64xf32>
  }
}

// -----

module attributes {quantir.tiles = {"f32 batches=1 rights=1 lines=1 rows=3 stride=8 depth=1x1x8 columns=16" = "three"}} {
  func.func @main(%x: tensor<3x8xf32>) -> tensor<3x16xf32> {
    %w = quantir.constant dense<0.5> : tensor<8x16xf32> -> tensor<8x16xf32>
    %r = quantir.kernel (%x, %w) {
    ^bb0(%a: tensor<3x8xf32>, %b: tensor<8x16xf32>):
      // expected-error @+1 {{cannot have the tile 'three' of quantir.tiles: write ROWSxVECTORS, such as 6x4}}
      %m = quantir.matmul %a, %b : tensor<3x8xf32>, tensor<8x16xf32> -> tensor<3x16xf32>
      quantir.yield %m : tensor<3x16xf32>
    } : (tensor<3x8xf32>, tensor<8x16xf32>) -> tensor<3x16xf32>
    return %r : tensor<3x16xf32>
  }
}
