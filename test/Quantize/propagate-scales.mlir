// RUN: quant-opt %s -split-input-file -quantir-propagate-scales | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @pools_codes
// CHECK-SAME:    (%[[X:.*]]: tensor<1x4x4x2xf32>)
func.func @pools_codes(%x: tensor<1x4x4x2xf32>) -> tensor<1x2x2x2x!u8> {
  // CHECK-NEXT: %[[Q:.*]] = quantir.quantize %[[X]]
  // CHECK-NEXT: %[[P:.*]] = quantir.max_pool %[[Q]]
  // CHECK-NEXT: return %[[P]]
  %p = quantir.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x4x4x2xf32> -> tensor<1x2x2x2xf32>
  %q = quantir.quantize %p : tensor<1x2x2x2xf32> -> tensor<1x2x2x2x!u8>
  return %q : tensor<1x2x2x2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @climbs_through_reshape_slice_and_pad
func.func @climbs_through_reshape_slice_and_pad(%x: tensor<2x6xf32>) -> tensor<4x4x!u8> {
  // CHECK-NEXT: quantir.quantize
  // CHECK-NEXT: quantir.reshape
  // CHECK-NEXT: quantir.slice
  // CHECK-NEXT: quantir.pad
  // CHECK-NEXT: return
  %a = quantir.reshape %x : tensor<2x6xf32> -> tensor<4x3xf32>
  %b = quantir.slice %a {offsets = array<i64: 0, 0>, sizes = array<i64: 4, 2>, steps = array<i64: 1, 1>} : tensor<4x3xf32> -> tensor<4x2xf32>
  %c = quantir.pad %b {low = array<i64: 0, 1>, high = array<i64: 0, 1>, value = -0.5 : f64} : tensor<4x2xf32> -> tensor<4x4xf32>
  %q = quantir.quantize %c : tensor<4x4xf32> -> tensor<4x4x!u8>
  return %q : tensor<4x4x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// Every part takes the scale of the whole; a part that has those codes already is used.
// CHECK-LABEL: @concatenates_codes
// CHECK-SAME:    (%[[A:.*]]: tensor<2x1xf32>, %[[B:.*]]: tensor<2x2xf32>)
func.func @concatenates_codes(%a: tensor<2x1xf32>, %b: tensor<2x2xf32>) -> (tensor<2x4x!u8>, tensor<2x1x!u8>) {
  // CHECK-DAG: %[[QA:.*]] = quantir.quantize %[[A]]
  // CHECK-DAG: %[[QB:.*]] = quantir.quantize %[[B]]
  // CHECK-NOT: quantir.quantize
  // CHECK: %[[C:.*]] = quantir.concat %[[QA]], %[[QB]], %[[QA]]
  // CHECK: return %[[C]], %[[QA]]
  %c = quantir.concat %a, %b, %a {axis = 1 : i64} : tensor<2x1xf32>, tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x4xf32>
  %q = quantir.quantize %c : tensor<2x4xf32> -> tensor<2x4x!u8>
  %r = quantir.quantize %a : tensor<2x1xf32> -> tensor<2x1x!u8>
  return %q, %r : tensor<2x4x!u8>, tensor<2x1x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @gathers_codes
func.func @gathers_codes(%x: tensor<2x6xf32>, %i: tensor<8xi64>) -> tensor<8x6x!u8> {
  // CHECK-NEXT: quantir.quantize %{{.*}} : tensor<2x6xf32>
  // CHECK-NEXT: quantir.gather
  %g = quantir.gather %x, %i {axis = 0 : i64} : tensor<2x6xf32>, tensor<8xi64> -> tensor<8x6xf32>
  %q = quantir.quantize %g : tensor<8x6xf32> -> tensor<8x6x!u8>
  return %q : tensor<8x6x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @merges_equal_quantizes
func.func @merges_equal_quantizes(%x: tensor<2x6xf32>) -> (tensor<2x6x!u8>, tensor<2x6x!u8>) {
  // CHECK-NEXT: %[[Q:.*]] = quantir.quantize
  // CHECK-NEXT: return %[[Q]], %[[Q]]
  %q = quantir.quantize %x : tensor<2x6xf32> -> tensor<2x6x!u8>
  %r = quantir.quantize %x : tensor<2x6xf32> -> tensor<2x6x!u8>
  return %q, %r : tensor<2x6x!u8>, tensor<2x6x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @keeps_f32_for_other_readers
func.func @keeps_f32_for_other_readers(%x: tensor<2x6xf32>) -> (tensor<6x2x!u8>, tensor<6x2xf32>) {
  // CHECK: quantir.relu
  // CHECK-NEXT: quantir.transpose
  // CHECK-NEXT: quantir.quantize
  %r = quantir.relu %x : tensor<2x6xf32> -> tensor<2x6xf32>
  %t = quantir.transpose %r {permutation = array<i64: 1, 0>} : tensor<2x6xf32> -> tensor<6x2xf32>
  %q = quantir.quantize %t : tensor<6x2xf32> -> tensor<6x2x!u8>
  return %q, %t : tensor<6x2x!u8>, tensor<6x2xf32>
}

// -----

// Queries and keys that one transposed tensor holds: bytes are transposed, not floats.
// CHECK-LABEL: @slices_before_transposing
// CHECK-NOT:   quantir.transpose %{{.*}}xf32>
// CHECK-DAG:   quantir.slice %{{.*}} {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 5, 1, 4>
// CHECK-DAG:   quantir.slice %{{.*}} {offsets = array<i64: 0, 0, 1, 0>, sizes = array<i64: 1, 5, 1, 4>
// CHECK:       return
func.func @slices_before_transposing(%x: tensor<1x5x8xf32>)
    -> (tensor<1x1x5x4x!quant.uniform<u8:f32, 0.5:3>>, tensor<1x1x5x4x!quant.uniform<i8<-127:127>:f32, 0.5>>) {
  %a = quantir.relu %x : tensor<1x5x8xf32> -> tensor<1x5x8xf32>
  %r = quantir.reshape %a : tensor<1x5x8xf32> -> tensor<1x5x2x4xf32>
  %t = quantir.transpose %r {permutation = array<i64: 2, 0, 1, 3>} : tensor<1x5x2x4xf32> -> tensor<2x1x5x4xf32>
  %s0 = quantir.slice %t {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 1, 5, 4>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x1x5x4xf32> -> tensor<1x1x5x4xf32>
  %s1 = quantir.slice %t {offsets = array<i64: 1, 0, 0, 0>, sizes = array<i64: 1, 1, 5, 4>, steps = array<i64: 1, 1, 1, 1>} : tensor<2x1x5x4xf32> -> tensor<1x1x5x4xf32>
  %q0 = quantir.quantize %s0 : tensor<1x1x5x4xf32> -> tensor<1x1x5x4x!quant.uniform<u8:f32, 0.5:3>>
  %q1 = quantir.quantize %s1 : tensor<1x1x5x4xf32> -> tensor<1x1x5x4x!quant.uniform<i8<-127:127>:f32, 0.5>>
  return %q0, %q1 : tensor<1x1x5x4x!quant.uniform<u8:f32, 0.5:3>>, tensor<1x1x5x4x!quant.uniform<i8<-127:127>:f32, 0.5>>
}

// -----

// An input of the model that attention reads is quantized before it moves, other transposed inputs as they are read.
// CHECK-LABEL: @quantizes_what_attention_reads_first
// CHECK-SAME:  (%[[X:.*]]: tensor<5x2x4xf32>
// CHECK:       quantir.quantize %[[X]]
func.func @quantizes_what_attention_reads_first(%x: tensor<5x2x4xf32>, %k: tensor<2x4x3x!quant.uniform<i8<-127:127>:f32, 0.5>>)
    -> tensor<2x5x3x!quant.uniform<i32:f32, 0.25>> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0, 2>} : tensor<5x2x4xf32> -> tensor<2x5x4xf32>
  %q = quantir.quantize %t : tensor<2x5x4xf32> -> tensor<2x5x4x!quant.uniform<u8:f32, 0.5:3>>
  %s = quantir.matmul %q, %k : tensor<2x5x4x!quant.uniform<u8:f32, 0.5:3>>, tensor<2x4x3x!quant.uniform<i8<-127:127>:f32, 0.5>> -> tensor<2x5x3x!quant.uniform<i32:f32, 0.25>>
  return %s : tensor<2x5x3x!quant.uniform<i32:f32, 0.25>>
}
