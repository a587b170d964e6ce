// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @means_its_body
// CHECK: quantir.constant dense<[0.000000e+00, 3.000000e+00]>
func.func @means_its_body() -> tensor<2xf32> {
  %x = quantir.constant dense<[-1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.constant dense<[0.5, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %r = quantir.kernel (%x, %y) {
  ^bb0(%a: tensor<2xf32>, %b: tensor<2xf32>):
    %s = quantir.add %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
    %t = quantir.relu %s : tensor<2xf32> -> tensor<2xf32>
    quantir.yield %t : tensor<2xf32>
  } : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %r : tensor<2xf32>
}
