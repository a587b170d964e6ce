// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @truths
// CHECK: quantir.constant dense<[true, false, false]>
func.func @truths() -> tensor<3xi1> {
  %a = quantir.constant dense<[true, true, false]> : tensor<3xi1> -> tensor<3xi1>
  %b = quantir.constant dense<[true, false, false]> : tensor<3xi1> -> tensor<3xi1>
  %y = quantir.and %a, %b : tensor<3xi1>, tensor<3xi1> -> tensor<3xi1>
  return %y : tensor<3xi1>
}

// CHECK-LABEL: @bits
// CHECK: quantir.constant dense<[5, 8]>
func.func @bits() -> tensor<2xi64> {
  %a = quantir.constant dense<[-1, 12]> : tensor<2xi64> -> tensor<2xi64>
  %b = quantir.constant dense<[5, 10]> : tensor<2xi64> -> tensor<2xi64>
  %y = quantir.and %a, %b : tensor<2xi64>, tensor<2xi64> -> tensor<2xi64>
  return %y : tensor<2xi64>
}

