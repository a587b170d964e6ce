// RUN: quant-opt %s -split-input-file -quantir-integerize | FileCheck %s

!acc = !quant.uniform<i32:f32:1, {0.001,0.002}>
!u8 = !quant.uniform<u8:f32, 0.5:3>

// relu's 0 is code 3.
// CHECK-LABEL: @relu_becomes_clamp
// CHECK-SAME:    (%[[A:.*]]: tensor
func.func @relu_becomes_clamp(%a: tensor<1x2x!acc>) -> tensor<1x2x!u8> {
  // CHECK-NEXT: %[[Q:.*]] = quantir.requantize %[[A]] {low = 3 : i32}
  // CHECK-NEXT: return %[[Q]]
  %x = quantir.dequantize %a : tensor<1x2x!acc> -> tensor<1x2xf32>
  %r = quantir.relu %x : tensor<1x2xf32> -> tensor<1x2xf32>
  %q = quantir.quantize %r : tensor<1x2xf32> -> tensor<1x2x!u8>
  return %q : tensor<1x2x!u8>
}

// -----

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.5:3>

// [-1, 6] are the codes 1 and 15.
// CHECK-LABEL: @clip_becomes_clamp
func.func @clip_becomes_clamp(%a: tensor<2x!acc>) -> tensor<2x!u8> {
  // CHECK-NEXT: quantir.requantize %{{.*}} {high = 15 : i32, low = 1 : i32}
  %x = quantir.dequantize %a : tensor<2x!acc> -> tensor<2xf32>
  %r = quantir.clip %x {low = -1.0 : f32, high = 6.0 : f32} : tensor<2xf32> -> tensor<2xf32>
  %q = quantir.quantize %r : tensor<2xf32> -> tensor<2x!u8>
  return %q : tensor<2x!u8>
}

// -----

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.5>

// The lowest code is 0 already. The f32 value lives on for its other reader.
// CHECK-LABEL: @clamp_that_saturation_performs
func.func @clamp_that_saturation_performs(%a: tensor<2x!acc>) -> (tensor<2x!u8>, tensor<2xf32>) {
  // CHECK: quantir.requantize %{{[^ ]*}} : tensor
  %x = quantir.dequantize %a : tensor<2x!acc> -> tensor<2xf32>
  %r = quantir.relu %x : tensor<2xf32> -> tensor<2xf32>
  %q = quantir.quantize %r : tensor<2xf32> -> tensor<2x!u8>
  return %q, %r : tensor<2x!u8>, tensor<2xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @same_codes_come_back
// CHECK-SAME:    (%[[A:.*]]: tensor
func.func @same_codes_come_back(%a: tensor<2x!u8>) -> tensor<2x!u8> {
  // CHECK-NEXT: return %[[A]]
  %x = quantir.dequantize %a : tensor<2x!u8> -> tensor<2xf32>
  %q = quantir.quantize %x : tensor<2xf32> -> tensor<2x!u8>
  return %q : tensor<2x!u8>
}

// -----

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @keeps_residual_add
func.func @keeps_residual_add(%a: tensor<2x!acc>, %s: tensor<2xf32>) -> tensor<2x!u8> {
  // CHECK-NEXT: quantir.dequantize
  // CHECK-NEXT: quantir.add
  // CHECK-NEXT: quantir.quantize
  %x = quantir.dequantize %a : tensor<2x!acc> -> tensor<2xf32>
  %r = quantir.add %x, %s : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  %q = quantir.quantize %r : tensor<2xf32> -> tensor<2x!u8>
  return %q : tensor<2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>
!u8offset = !quant.uniform<u8:f32, 0.5:3>

// No code is below zero; with a zero point of 3 three of them are.
// CHECK-LABEL: @relu_before_codes
// CHECK-SAME:    (%[[X:.*]]: tensor<2xf32>)
func.func @relu_before_codes(%x: tensor<2xf32>) -> (tensor<2x!u8>, tensor<2x!u8offset>) {
  // CHECK-NEXT: %[[R:.*]] = quantir.relu %[[X]]
  // CHECK-NEXT: quantir.quantize %[[X]]
  // CHECK-NEXT: quantir.quantize %[[R]]
  %r = quantir.relu %x : tensor<2xf32> -> tensor<2xf32>
  %q = quantir.quantize %r : tensor<2xf32> -> tensor<2x!u8>
  %o = quantir.quantize %r : tensor<2xf32> -> tensor<2x!u8offset>
  return %q, %o : tensor<2x!u8>, tensor<2x!u8offset>
}
