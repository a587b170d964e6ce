// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @even_rows
// CHECK{LITERAL}: quantir.constant dense<[[2.500000e-01, 2.500000e-01, 2.500000e-01, 2.500000e-01], [5.000000e-01, 5.000000e-01, 0.000000e+00, 0.000000e+00]]>
func.func @even_rows() -> tensor<2x4xf32> {
  %x = quantir.constant dense<[[3.0, 3.0, 3.0, 3.0], [0.0, 0.0, -1000.0, -1000.0]]> : tensor<2x4xf32> -> tensor<2x4xf32>
  %y = quantir.softmax %x : tensor<2x4xf32> -> tensor<2x4xf32>
  return %y : tensor<2x4xf32>
}

// CHECK-LABEL: @logarithm
// CHECK{LITERAL}: quantir.constant dense<[[0.000000e+00, -1.005000e+03]]>
func.func @logarithm() -> tensor<1x2xf32> {
  %x = quantir.constant dense<[[5.0, -1000.0]]> : tensor<1x2xf32> -> tensor<1x2xf32>
  %y = quantir.softmax %x {log} : tensor<1x2xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}


// CHECK-LABEL: @exponentials
// CHECK{LITERAL}: quantir.constant dense<[[1.000000e+00, 1.000000e+00, 1.000000e+00], [0.000000e+00, 1.000000e+00, 0.000000e+00]]>
func.func @exponentials() -> tensor<2x3xf32> {
  %x = quantir.constant dense<[[3.0, 3.0, 3.0], [-1000.0, 7.0, -1000.0]]> : tensor<2x3xf32> -> tensor<2x3xf32>
  %y = quantir.softmax %x {unnormalized} : tensor<2x3xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}
