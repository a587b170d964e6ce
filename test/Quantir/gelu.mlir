// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @erf_form
// CHECK: quantir.constant dense<[0.000000e+00, 2.000000e+01, 0.000000e+00]>
func.func @erf_form() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, 20.0, -20.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.gelu %x : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @tanh_form
// CHECK: quantir.constant dense<[0.000000e+00, 2.000000e+01, 0.000000e+00]>
func.func @tanh_form() -> tensor<3xf32> {
  %x = quantir.constant dense<[0.0, 20.0, -20.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.gelu %x {form = #quantir.gelu_form<tanh>} : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

