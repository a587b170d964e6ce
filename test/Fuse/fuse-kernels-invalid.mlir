// RUN: quant-opt %s -quantir-fuse-kernels -verify-diagnostics

// expected-error @+1 {{has control flow; kernels need one block}}
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  llvm.br ^next
^next:
  return %x : tensor<4xf32>
}
