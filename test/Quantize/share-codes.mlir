// RUN: quant-opt %s -split-input-file -quantir-share-codes | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5>
!image = tensor<1x2x2x3xf32>

// Both adds read codes, and nothing but the quantize reads %r.
// CHECK-LABEL: @residual
// CHECK-SAME:    (%[[X:.*]]: tensor<1x2x2x3xf32>, %[[Y:.*]]: tensor
func.func @residual(%x: !image, %y: !image) -> (tensor<1x2x2x3x!u8>, !image, !image) {
  // CHECK-NEXT: %[[R:.*]] = quantir.relu %[[X]]
  // CHECK-NEXT: %[[Q:.*]] = quantir.quantize %[[R]]
  // CHECK-NEXT: %[[A:.*]] = quantir.dequantize %[[Q]]
  // CHECK-NEXT: quantir.add %[[A]], %[[Y]]
  // CHECK-NEXT: %[[B:.*]] = quantir.dequantize %[[Q]]
  // CHECK-NEXT: quantir.add %[[Y]], %[[B]]
  %r = quantir.relu %x : !image -> !image
  %q = quantir.quantize %r : !image -> tensor<1x2x2x3x!u8>
  %s = quantir.add %r, %y : !image, !image -> !image
  %t = quantir.add %y, %r : !image, !image -> !image
  return %q, %s, %t : tensor<1x2x2x3x!u8>, !image, !image
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>
!image = tensor<1x2x2x3xf32>

// f32 is needed anyway.
// CHECK-LABEL: @another_reader
// CHECK-NOT: quantir.dequantize
func.func @another_reader(%x: !image, %y: !image) -> (tensor<1x2x2x3x!u8>, !image, !image) {
  %r = quantir.relu %x : !image -> !image
  %q = quantir.quantize %r : !image -> tensor<1x2x2x3x!u8>
  %s = quantir.add %r, %y : !image, !image -> !image
  %t = quantir.gelu %r : !image -> !image
  return %q, %s, %t : tensor<1x2x2x3x!u8>, !image, !image
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>

// CHECK-LABEL: @no_image
// CHECK-NOT: quantir.dequantize
func.func @no_image(%x: tensor<4x3xf32>, %y: tensor<4x3xf32>) -> (tensor<4x3x!u8>, tensor<4x3xf32>) {
  %r = quantir.relu %x : tensor<4x3xf32> -> tensor<4x3xf32>
  %q = quantir.quantize %r : tensor<4x3xf32> -> tensor<4x3x!u8>
  %s = quantir.add %r, %y : tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>
  return %q, %s : tensor<4x3x!u8>, tensor<4x3xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5>
!i16 = !quant.uniform<i16:f32, 0.01>
!image = tensor<1x2x2x3xf32>

// Two kinds of codes, or 16 bits: which would it be?
// CHECK-LABEL: @other_codes
// CHECK-NOT: quantir.dequantize
func.func @other_codes(%x: !image, %y: !image) -> (tensor<1x2x2x3x!i16>, !image) {
  %r = quantir.relu %x : !image -> !image
  %q = quantir.quantize %r : !image -> tensor<1x2x2x3x!i16>
  %s = quantir.add %r, %y : !image, !image -> !image
  return %q, %s : tensor<1x2x2x3x!i16>, !image
}
