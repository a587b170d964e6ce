// RUN: quant-opt %s --quantir-tabulate-functions | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.02:9>

// GELU is flat below about -3, and the codes end at 4.92.
// CHECK-LABEL: @gelu
// CHECK-SAME: (%[[X:.*]]: tensor<4xf32>)
// CHECK: %[[TABLE:.*]] = quantir.constant {{.*}} tensor<3x16xf32>
// CHECK: %[[Y:.*]] = quantir.piecewise %[[X]], %[[TABLE]] {high = 4.9{{[0-9]*}} : f32, low = -{{[34].*}} : f32, {{.*}}steps_off = 0.0{{.*}}}
// CHECK-NEXT: return %[[Y]]
func.func @gelu(%x: tensor<4xf32>) -> tensor<4x!u8> {
  %y = quantir.gelu %x : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// CHECK-LABEL: @a_chain_from_the_first_function_on
// CHECK: %[[SUM:.*]] = quantir.add
// CHECK: quantir.piecewise %[[SUM]]
// CHECK-NEXT: return
func.func @a_chain_from_the_first_function_on(%x: tensor<4xf32>) -> tensor<4x!u8> {
  %two = quantir.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %s = quantir.add %x, %two : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %t = quantir.tanh %s : tensor<4xf32> -> tensor<4xf32>
  %y = quantir.mul %t, %two : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// CHECK-LABEL: @before_factors_of_channels
// CHECK-SAME: (%[[X:.*]]: tensor<2x3xf32>)
// CHECK: %[[Y:.*]] = quantir.piecewise %[[X]], {{.*}} -> tensor<2x3xf32>
// CHECK: %[[Z:.*]] = quantir.mul %[[Y]]
// CHECK: quantir.quantize %[[Z]]
func.func @before_factors_of_channels(%x: tensor<2x3xf32>) -> tensor<2x3x!u8> {
  %f = quantir.constant dense<[1.0, 2.0, 0.5]> : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.gelu %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %z = quantir.mul %y, %f : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
  %q = quantir.quantize %z : tensor<2x3xf32> -> tensor<2x3x!u8>
  return %q : tensor<2x3x!u8>
}

// CHECK-LABEL: @not_when_something_else_reads_it
// CHECK-NOT: piecewise
func.func @not_when_something_else_reads_it(%x: tensor<4xf32>) -> (tensor<4x!u8>, tensor<4xf32>) {
  %y = quantir.silu %x : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q, %y : tensor<4x!u8>, tensor<4xf32>
}

// CHECK-LABEL: @not_what_is_cheap
// CHECK-NOT: piecewise
func.func @not_what_is_cheap(%x: tensor<4xf32>) -> tensor<4x!u8> {
  %y = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// The logarithm falls to minus infinity at 0, and is no number below.
// CHECK-LABEL: @not_what_is_no_number_somewhere
// CHECK-NOT: piecewise
func.func @not_what_is_no_number_somewhere(%x: tensor<4xf32>) -> tensor<4x!u8> {
  %y = quantir.log %x : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// A kink in the middle of a segment.
// CHECK-LABEL: @not_what_it_would_miss
// CHECK-NOT: piecewise
func.func @not_what_it_would_miss(%x: tensor<4xf32>) -> tensor<4x!u8> {
  %third = quantir.constant dense<-0.3333> : tensor<f32> -> tensor<f32>
  %t = quantir.tanh %x : tensor<4xf32> -> tensor<4xf32>
  %s = quantir.add %t, %third : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %y = quantir.abs %s : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}
