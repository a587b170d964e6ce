// RUN: quant-opt %s --quantir-interpret | FileCheck %s
// RUN: quant-opt %s -verify-roundtrip | FileCheck %s --check-prefix=TRIP

// LiteRT's int8 result for a scale of 0.05.
// TRIP: quantir.softmax %{{.*}} {form = #quantir.softmax_form<litert>}
// CHECK: [-128, -128, -128, -126, -109, -10, -10, -128]
func.func @main() -> tensor<1x8x!quant.uniform<i8:f32, 0.00390625:-128>> {
  %x = quantir.constant dense<[[-128, -60, 0, 40, 90, 127, 127, 3]]> : tensor<1x8xi8>
      -> tensor<1x8x!quant.uniform<i8:f32, 0.05>>
  %y = quantir.softmax %x {form = #quantir.softmax_form<litert>}
      : tensor<1x8x!quant.uniform<i8:f32, 0.05>> -> tensor<1x8x!quant.uniform<i8:f32, 0.00390625:-128>>
  return %y : tensor<1x8x!quant.uniform<i8:f32, 0.00390625:-128>>
}
