// RUN: quant-opt %s -split-input-file -quantir-sink-reshapes | FileCheck %s

// CHECK-LABEL: @behind_unary_scalar_and_vector
func.func @behind_unary_scalar_and_vector(%x: tensor<1x2x2x3xf32>) -> tensor<4x3xf32> {
  // CHECK: quantir.neg
  // CHECK-NEXT: quantir.mul {{.*}} tensor<1x2x2x3xf32>, tensor<f32>
  // CHECK-NEXT: quantir.add {{.*}} tensor<1x2x2x3xf32>, tensor<3xf32>
  // CHECK-NEXT: quantir.reshape {{.*}} -> tensor<4x3xf32>
  // CHECK-NEXT: return
  %s = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %v = quantir.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %n = quantir.neg %x : tensor<1x2x2x3xf32> -> tensor<1x2x2x3xf32>
  %r = quantir.reshape %n : tensor<1x2x2x3xf32> -> tensor<4x3xf32>
  %m = quantir.mul %r, %s : tensor<4x3xf32>, tensor<f32> -> tensor<4x3xf32>
  %a = quantir.add %m, %v : tensor<4x3xf32>, tensor<3xf32> -> tensor<4x3xf32>
  return %a : tensor<4x3xf32>
}

// -----

// CHECK-LABEL: @reshapes_constants_and_matching_reshapes
func.func @reshapes_constants_and_matching_reshapes(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<6xf32> {
  // CHECK: quantir.constant dense<{{\[\[1.0.*, 2.0.*, 3.0.*\], \[4.0.*, 5.0.*, 6.0.*\]\]}}> : tensor<2x3xf32>
  // CHECK: quantir.add {{.*}} tensor<2x3xf32>, tensor<2x3xf32>
  // CHECK-NEXT: quantir.mul {{.*}} tensor<2x3xf32>, tensor<2x3xf32>
  // CHECK-NEXT: quantir.reshape
  %c = quantir.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf32> -> tensor<6xf32>
  %n = quantir.neg %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %r = quantir.reshape %n : tensor<2x3xf32> -> tensor<6xf32>
  %t = quantir.reshape %y : tensor<2x3xf32> -> tensor<6xf32>
  %a = quantir.add %r, %t : tensor<6xf32>, tensor<6xf32> -> tensor<6xf32>
  %m = quantir.mul %a, %c : tensor<6xf32>, tensor<6xf32> -> tensor<6xf32>
  return %m : tensor<6xf32>
}

// -----

// The other operand is born in the reshaped form: its kernel takes the add.
// CHECK-LABEL: @stays_for_other_shapes
func.func @stays_for_other_shapes(%x: tensor<2x3xf32>, %y: tensor<6xf32>) -> tensor<6xf32> {
  // CHECK: quantir.reshape
  // CHECK-NEXT: quantir.add
  %n = quantir.neg %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %r = quantir.reshape %n : tensor<2x3xf32> -> tensor<6xf32>
  %a = quantir.add %r, %y : tensor<6xf32>, tensor<6xf32> -> tensor<6xf32>
  return %a : tensor<6xf32>
}

// -----

// The vector's dimension is not the last one of the image.
// CHECK-LABEL: @stays_for_split_channels
func.func @stays_for_split_channels(%x: tensor<2x6xf32>, %v: tensor<3xf32>) -> tensor<4x3xf32> {
  // CHECK: quantir.reshape
  // CHECK-NEXT: quantir.add
  %n = quantir.neg %x : tensor<2x6xf32> -> tensor<2x6xf32>
  %r = quantir.reshape %n : tensor<2x6xf32> -> tensor<4x3xf32>
  %a = quantir.add %r, %v : tensor<4x3xf32>, tensor<3xf32> -> tensor<4x3xf32>
  return %a : tensor<4x3xf32>
}

// -----

// The reshaped value itself, a lone row, keeps every dimension of its source.
// CHECK-LABEL: @behind_a_single_row
func.func @behind_a_single_row(%x: tensor<1x3xf32>) -> tensor<1x1x3xf32> {
  // CHECK: quantir.add {{.*}} tensor<1x3xf32>, tensor<3xf32> -> tensor<1x3xf32>
  // CHECK-NEXT: quantir.reshape {{.*}} -> tensor<1x1x3xf32>
  %v = quantir.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32> -> tensor<3xf32>
  %n = quantir.neg %x : tensor<1x3xf32> -> tensor<1x3xf32>
  %r = quantir.reshape %n : tensor<1x3xf32> -> tensor<1x1x3xf32>
  %a = quantir.add %r, %v : tensor<1x1x3xf32>, tensor<3xf32> -> tensor<1x1x3xf32>
  return %a : tensor<1x1x3xf32>
}
