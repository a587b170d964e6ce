// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @along_the_last_axis
// CHECK{LITERAL}: quantir.constant dense<[[1, 3, 4], [-2, 5, -6]]>
func.func @along_the_last_axis() -> tensor<2x3xi32> {
  %a = quantir.constant dense<[[1], [-2]]> : tensor<2x1xi32> -> tensor<2x1xi32>
  %b = quantir.constant dense<[[3, 4], [5, -6]]> : tensor<2x2xi32> -> tensor<2x2xi32>
  %y = quantir.concat %a, %b {axis = 1 : i64} : tensor<2x1xi32>, tensor<2x2xi32> -> tensor<2x3xi32>
  return %y : tensor<2x3xi32>
}

// CHECK-LABEL: @along_the_first_axis
// CHECK{LITERAL}: quantir.constant dense<[[1, 2], [3, 4], [5, -6]]>
func.func @along_the_first_axis() -> tensor<3x2xi8> {
  %a = quantir.constant dense<[[1, 2]]> : tensor<1x2xi8> -> tensor<1x2xi8>
  %b = quantir.constant dense<[[3, 4], [5, -6]]> : tensor<2x2xi8> -> tensor<2x2xi8>
  %y = quantir.concat %a, %b {axis = 0 : i64} : tensor<1x2xi8>, tensor<2x2xi8> -> tensor<3x2xi8>
  return %y : tensor<3x2xi8>
}

