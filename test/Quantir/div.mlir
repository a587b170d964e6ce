// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[2.500000e-01, 0xFF800000]>
func.func @floats() -> tensor<2xf32> {
  %a = quantir.constant dense<[1.0, -1.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[4.0, 0.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.div %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @rounds_integers_towards_zero
// CHECK: quantir.constant dense<[3, -3, -3]>
func.func @rounds_integers_towards_zero() -> tensor<3xi32> {
  %a = quantir.constant dense<[7, -7, 7]> : tensor<3xi32> -> tensor<3xi32>
  %b = quantir.constant dense<[2, 2, -2]> : tensor<3xi32> -> tensor<3xi32>
  %y = quantir.div %a, %b : tensor<3xi32>, tensor<3xi32> -> tensor<3xi32>
  return %y : tensor<3xi32>
}

// CHECK-LABEL: @is_zero_by_zero_and_wraps_by_minus_one
// CHECK: quantir.constant dense<[0, -2147483648]>
func.func @is_zero_by_zero_and_wraps_by_minus_one() -> tensor<2xi32> {
  %a = quantir.constant dense<[5, -2147483648]> : tensor<2xi32> -> tensor<2xi32>
  %b = quantir.constant dense<[0, -1]> : tensor<2xi32> -> tensor<2xi32>
  %y = quantir.div %a, %b : tensor<2xi32>, tensor<2xi32> -> tensor<2xi32>
  return %y : tensor<2xi32>
}

