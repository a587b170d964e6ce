// RUN: quant-opt %s --quantir-interpret | FileCheck %s

!wide = !quant.uniform<i16:f32, 0.5>
!low = !quant.uniform<u8:f32, 0.5>
!high = !quant.uniform<u8:f32, 128.0:128>

// A constant of u8 codes prints as signed bytes.
// CHECK-LABEL: @low_bytes
// CHECK: quantir.constant dense<[0, -1, 0, -1, 0, -1]>
func.func @low_bytes() -> tensor<6x!low> {
  %x = quantir.constant dense<[-32768, -1, 0, 255, 256, 32767]> : tensor<6xi16> -> tensor<6x!wide>
  %l = quantir.byte %x : tensor<6x!wide> -> tensor<6x!low>
  return %l : tensor<6x!low>
}

// -128, -1, 0, 0, 1, 127, and 128 for zero.
// CHECK-LABEL: @high_bytes
// CHECK: quantir.constant dense<[0, 127, -128, -128, -127, -1]>
func.func @high_bytes() -> tensor<6x!high> {
  %x = quantir.constant dense<[-32768, -1, 0, 255, 256, 32767]> : tensor<6xi16> -> tensor<6x!wide>
  %h = quantir.byte %x {high} : tensor<6x!wide> -> tensor<6x!high>
  return %h : tensor<6x!high>
}
