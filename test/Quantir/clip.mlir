// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @between_bounds
// CHECK: quantir.constant dense<[-1.000000e+00, 5.000000e-01, 6.000000e+00]>
func.func @between_bounds() -> tensor<3xf32> {
  %x = quantir.constant dense<[-3.0, 0.5, 9.0]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.clip %x {low = -1.0 : f32, high = 6.0 : f32} : tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @has_no_bounds_by_default
// CHECK: quantir.constant dense<[-3.000000e+00, 9.000000e+00]>
func.func @has_no_bounds_by_default() -> tensor<2xf32> {
  %x = quantir.constant dense<[-3.0, 9.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.clip %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

