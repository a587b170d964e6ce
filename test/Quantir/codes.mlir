// RUN: quant-opt %s --quantir-interpret | FileCheck %s

!a = !quant.uniform<i8:f32, 0.02:3>
!b = !quant.uniform<i8:f32, 0.05:-7>
!sum = !quant.uniform<i8:f32, 0.07:1>

// LiteRT's ADD (reference/add.h) gives the same.
// CHECK-LABEL: @adds_operands_of_different_scales
// CHECK: quantir.constant dense<[59, 10, 3, 56, 127]>
func.func @adds_operands_of_different_scales() -> tensor<5x!sum> {
  %a = quantir.constant dense<[-128, -5, 0, 77, 127]> : tensor<5xi8> -> tensor<5x!a>
  %b = quantir.constant dense<[127, 9, -3, 40, 127]> : tensor<5xi8> -> tensor<5x!b>
  %r = quantir.add %a, %b : tensor<5x!a>, tensor<5x!b> -> tensor<5x!sum>
  return %r : tensor<5x!sum>
}

!wide = !quant.uniform<i16:f32, 0.25>
!mask = !quant.uniform<i16:f32, 1.0e34>

// CHECK-LABEL: @a_mask_saturates
// CHECK: quantir.constant dense<[5, -32768, 32767]>
func.func @a_mask_saturates() -> tensor<3x!wide> {
  %a = quantir.constant dense<[5, 6, 7]> : tensor<3xi16> -> tensor<3x!wide>
  %b = quantir.constant dense<[0, -32767, 1]> : tensor<3xi16> -> tensor<3x!mask>
  %r = quantir.add %a, %b : tensor<3x!wide>, tensor<3x!mask> -> tensor<3x!wide>
  return %r : tensor<3x!wide>
}

// 1.5 * 2.25 = 3.375 is 13.5 steps, halves go up.
// CHECK-LABEL: @multiplies
// CHECK: quantir.constant dense<[14, -13]>
func.func @multiplies() -> tensor<2x!wide> {
  %a = quantir.constant dense<[6, -6]> : tensor<2xi16> -> tensor<2x!wide>
  %b = quantir.constant dense<9> : tensor<2xi16> -> tensor<2x!wide>
  %r = quantir.mul %a, %b : tensor<2x!wide>, tensor<2x!wide> -> tensor<2x!wide>
  return %r : tensor<2x!wide>
}

!acc = !quant.uniform<i32:f32, 0.5>
!fine = !quant.uniform<i32:f32, 0.001>

// 1 / (3 * 0.5) = 0.666 is 666 steps; nothing sensible is 1 / 0.
// CHECK-LABEL: @reciprocals
// CHECK: quantir.constant dense<[666, 2147483647, 2147483647]>
func.func @reciprocals() -> tensor<3x!fine> {
  %a = quantir.constant dense<[3, 0, -4]> : tensor<3xi32> -> tensor<3x!acc>
  %r = quantir.reciprocal %a : tensor<3x!acc> -> tensor<3x!fine>
  return %r : tensor<3x!fine>
}

!one = !quant.uniform<i16:f32, 1.0>

// CHECK-LABEL: @casts_saturate
// CHECK: quantir.constant dense<[-7, 32767]>
func.func @casts_saturate() -> tensor<2x!one> {
  %a = quantir.constant dense<[-7, 70000]> : tensor<2xi64> -> tensor<2xi64>
  %r = quantir.cast %a : tensor<2xi64> -> tensor<2x!one>
  return %r : tensor<2x!one>
}

// A factor of 1/2: -20.5 and 20.5 steps go up.
// CHECK-LABEL: @requantizes_with_one_rounding
// CHECK: quantir.constant dense<[-20, 21]>
func.func @requantizes_with_one_rounding() -> tensor<2x!one> {
  %a = quantir.constant dense<[-41, 41]> : tensor<2xi32> -> tensor<2x!acc>
  %r = quantir.requantize %a {q31} : tensor<2x!acc> -> tensor<2x!one>
  return %r : tensor<2x!one>
}

!high = !quant.uniform<i32:f32:1, {256.0, 512.0}>
!low = !quant.uniform<i32:f32:1, {1.0, 2.0}>
!steps = !quant.uniform<i16:f32, 4.0>

// (256 h + l) / 4, and twice that in the second column; halves go up.
// CHECK-LABEL: @accumulators_of_channels
// CHECK{LITERAL}: quantir.constant dense<[[191, -383], [32767, -32768]]>
func.func @accumulators_of_channels() -> tensor<2x2x!steps> {
  %h = quantir.constant dense<[[3, -3], [2147483647, -2147483648]]> : tensor<2x2xi32> -> tensor<2x2x!high>
  %l = quantir.constant dense<[[-6, 1], [2147483647, -2147483648]]> : tensor<2x2xi32> -> tensor<2x2x!low>
  %r = quantir.add %h, %l : tensor<2x2x!high>, tensor<2x2x!low> -> tensor<2x2x!steps>
  return %r : tensor<2x2x!steps>
}

!large = !quant.uniform<i32:f32, 1.52587890625e-05>

// 2^32 / 65536 - 2^-15 would leave 64 bits with multipliers of 31.
// CHECK-LABEL: @the_largest_accumulators
// CHECK: quantir.constant dense<[32767, -32768, 0]>
func.func @the_largest_accumulators() -> tensor<3x!one> {
  %a = quantir.constant dense<[2147483647, -2147483648, 2147483647]> : tensor<3xi32> -> tensor<3x!large>
  %b = quantir.constant dense<[2147483647, -2147483648, -2147483648]> : tensor<3xi32> -> tensor<3x!large>
  %r = quantir.add %a, %b : tensor<3x!large>, tensor<3x!large> -> tensor<3x!one>
  return %r : tensor<3x!one>
}
