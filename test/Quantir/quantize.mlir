// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @rounds_ties_to_even_and_saturates
// CHECK: quantir.constant dense<[10, 12, 8, -1, 0, 10]>
func.func @rounds_ties_to_even_and_saturates() -> tensor<6x!quant.uniform<u8:f32, 0.5:10>> {
  %x = quantir.constant dense<[0.25, 0.75, -0.75, 900.0, -900.0, 0x7FC00000]> : tensor<6xf32> -> tensor<6xf32>
  %y = quantir.quantize %x : tensor<6xf32> -> tensor<6x!quant.uniform<u8:f32, 0.5:10>>
  return %y : tensor<6x!quant.uniform<u8:f32, 0.5:10>>
}

// CHECK-LABEL: @per_axis
// CHECK{LITERAL}: quantir.constant dense<[[2, 2], [-4, -4]]>
func.func @per_axis() -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>> {
  %x = quantir.constant dense<[[1.0, 1.0], [-1.0, -1.0]]> : tensor<2x2xf32> -> tensor<2x2xf32>
  %y = quantir.quantize %x : tensor<2x2xf32> -> tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>>
  return %y : tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>>
}

// 100 * (1 / 3) is 33.3; ties go to even, what is no number to the lowest code.
// CHECK-LABEL: @by_reciprocal
// CHECK: quantir.constant dense<[43, 10, 12, 12, -1, 0, 0]>
func.func @by_reciprocal() -> tensor<7x!quant.uniform<u8:f32, 3.0:10>> {
  %x = quantir.constant dense<[100.0, 0.0, 4.5, 7.5, 1.0e30, -1.0e30, 0x7FC00000]> : tensor<7xf32> -> tensor<7xf32>
  %q = quantir.quantize %x {by_reciprocal} : tensor<7xf32> -> tensor<7x!quant.uniform<u8:f32, 3.0:10>>
  return %q : tensor<7x!quant.uniform<u8:f32, 3.0:10>>
}
