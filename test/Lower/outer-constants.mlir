// RUN: quant-opt %s -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4 outer-constants" | FileCheck %s

// Code that runs in this process reads constants where the module has them:
// globals of the same size, of no value and no alignment.
// CHECK:       memref.global constant @constant_0 : memref<19xf32>
// CHECK-SAME:    {quantir.outer_data = dense<[1.000000e+00, 2.000000e+00, 3.000000e+00]> : tensor<3xf32>}
// CHECK:       memref.get_global @constant_0 : memref<19xf32>
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %c = quantir.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %r = quantir.kernel (%x, %c) {
  ^bb0(%a: tensor<2x3xf32>, %b: tensor<3xf32>):
    %t = quantir.add %a, %b : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
    quantir.yield %t : tensor<2x3xf32>
  } : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}
