// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats
// CHECK: quantir.constant dense<[1.750000e+00, -1.000000e+00]>
func.func @floats() -> tensor<2xf32> {
  %a = quantir.constant dense<[1.5, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<[0.25, 1.0]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.add %a, %b : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @repeats_the_smaller_operand
// CHECK: quantir.constant dense<[-4, -7, -2]>
func.func @repeats_the_smaller_operand() -> tensor<3xi64> {
  %a = quantir.constant dense<[1, -2, 3]> : tensor<3xi64> -> tensor<3xi64>
  %b = quantir.constant dense<[-5]> : tensor<1xi64> -> tensor<1xi64>
  %y = quantir.add %a, %b : tensor<3xi64>, tensor<1xi64> -> tensor<3xi64>
  return %y : tensor<3xi64>
}

// CHECK-LABEL: @wraps_at_eight_bits
// CHECK: quantir.constant dense<[-128, 127]>
func.func @wraps_at_eight_bits() -> tensor<2xi8> {
  %a = quantir.constant dense<[127, -128]> : tensor<2xi8> -> tensor<2xi8>
  %b = quantir.constant dense<[1, -1]> : tensor<2xi8> -> tensor<2xi8>
  %y = quantir.add %a, %b : tensor<2xi8>, tensor<2xi8> -> tensor<2xi8>
  return %y : tensor<2xi8>
}

// CHECK-LABEL: @wraps_unsigned
// CHECK: quantir.constant dense<[1, 7]>
func.func @wraps_unsigned() -> tensor<2xui8> {
  %a = quantir.constant dense<[255, 3]> : tensor<2xui8> -> tensor<2xui8>
  %b = quantir.constant dense<[2, 4]> : tensor<2xui8> -> tensor<2xui8>
  %y = quantir.add %a, %b : tensor<2xui8>, tensor<2xui8> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

