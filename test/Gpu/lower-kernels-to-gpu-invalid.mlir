// RUN: quant-opt %s -split-input-file -verify-diagnostics -quantir-lower-kernels-to-gpu

// expected-error @+1 {{has no function 'main' of one block to lower}}
module {
}

// -----

func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{is outside every kernel; run quantir-fuse-kernels first}}
  %r = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
  return %r : tensor<4xf32>
}
