// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @repeats_operands
// CHECK: quantir.constant dense<[1.500000e+00, -2.000000e+00]>
func.func @repeats_operands() -> tensor<2xf32> {
  %c = quantir.constant dense<[true, false]> : tensor<2xi1> -> tensor<2xi1>
  %a = quantir.constant dense<1.5> : tensor<f32> -> tensor<f32>
  %b = quantir.constant dense<[-1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.select %c, %a, %b : tensor<2xi1>, tensor<f32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

