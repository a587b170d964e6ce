// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @truths
// CHECK: quantir.constant dense<[false, true]>
func.func @truths() -> tensor<2xi1> {
  %x = quantir.constant dense<[true, false]> : tensor<2xi1> -> tensor<2xi1>
  %y = quantir.not %x : tensor<2xi1> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

// CHECK-LABEL: @bits
// CHECK: quantir.constant dense<[255, 1]>
func.func @bits() -> tensor<2xui8> {
  %x = quantir.constant dense<[0, 254]> : tensor<2xui8> -> tensor<2xui8>
  %y = quantir.not %x : tensor<2xui8> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

