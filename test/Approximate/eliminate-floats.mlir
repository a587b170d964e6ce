// RUN: quant-opt %s --quantir-eliminate-floats | FileCheck %s

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.02:9>
!s8 = !quant.uniform<i8<-127:127>:f32, 0.02>

// The headroom is one bit: 4 * 2 / 32767.
// CHECK-LABEL: @a_function_becomes_a_table
// CHECK-SAME: (%[[ACC:.*]]: tensor<4x!quant.uniform<i32:f32, 1.000000e-03>>)
// CHECK-DAG: %[[TABLE:.*]] = quantir.constant dense<{{.*}}> : tensor<3x64xi32>
// CHECK-DAG: %[[X:.*]] = quantir.requantize %[[ACC]] {q31} : {{.*}} -> tensor<4x!quant.uniform<i16:f32, 2.4414{{[0-9]*}}E-4>>
// CHECK: %[[Y:.*]] = quantir.interpolate %[[X]], %[[TABLE]] {{.*}}steps_off = 0.50
// CHECK-NEXT: return %[[Y]]
func.func @a_function_becomes_a_table(%acc: tensor<4x!acc>) -> tensor<4x!u8> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.gelu %x {quantir.extent = array<f64: -0.17, 4.0>} : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// CHECK-LABEL: @from_8_bits_to_8_it_is_a_lookup
// CHECK: quantir.lookup
// CHECK-NOT: requantize
func.func @from_8_bits_to_8_it_is_a_lookup(%c: tensor<4x!u8>) -> tensor<4x!u8> {
  %x = quantir.dequantize %c : tensor<4x!u8> -> tensor<4xf32>
  %e = quantir.sigmoid %x {quantir.extent = array<f64: 0.0, 1.0>} : tensor<4xf32> -> tensor<4xf32>
  %two = quantir.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %y = quantir.mul %e, %two {quantir.extent = array<f64: 0.0, 2.0>} : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// CHECK-LABEL: @sums_keep_16_bits
// CHECK: %[[S:.*]] = quantir.add {{.*}} -> tensor<4x!quant.uniform<i16:f32
// CHECK: %[[N:.*]] = quantir.layer_norm %[[S]]
// CHECK: quantir.dequantize %[[N]]
func.func @sums_keep_16_bits(%a: tensor<4x!acc>, %b: tensor<4x!u8>) -> tensor<4xf32> {
  %s = quantir.constant dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  %x = quantir.dequantize %a {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.dequantize %b : tensor<4x!u8> -> tensor<4xf32>
  %z = quantir.add %x, %y {quantir.extent = array<f64: -4.0, 6.0>} : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  %n = quantir.layer_norm %z, %s, %s {epsilon = 1.0e-5 : f32, quantir.extent = array<f64: -4.0, 6.0>} : tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %n : tensor<4xf32>
}

// CHECK-LABEL: @root_mean_square
// CHECK: %[[S:.*]] = quantir.constant dense<1.000000e+00>
// CHECK: quantir.rms_norm %{{.*}}, %[[S]] {{.*}} : tensor<4x!quant.uniform<i16:f32
func.func @root_mean_square(%a: tensor<4x!acc>) -> tensor<4xf32> {
  %s = quantir.constant dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  %x = quantir.dequantize %a {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %n = quantir.rms_norm %x, %s {epsilon = 1.0e-5 : f32, quantir.extent = array<f64: -4.0, 6.0>} : tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %n : tensor<4xf32>
}

// A mask of -3.4e38 does not take the scores' precision: they are within 24 of the least score.
// CHECK-LABEL: @masks_saturate
// CHECK: quantir.add {{.*}} -> tensor<1x4x!quant.uniform<i16:f32, 0.0017{{.*}}>>
// CHECK: quantir.softmax
func.func @masks_saturate(%a: tensor<1x4x!acc>, %m: tensor<4xi64>) -> tensor<1x4x!u8> {
  %low = quantir.constant dense<-3.4e38> : tensor<f32> -> tensor<f32>
  %x = quantir.dequantize %a {quantir.extent = array<f64: -4.0, 4.0>} : tensor<1x4x!acc> -> tensor<1x4xf32>
  %c = quantir.cast %m {quantir.extent = array<f64: 0.0, 1.0>} : tensor<4xi64> -> tensor<4xf32>
  %k = quantir.mul %c, %low {quantir.extent = array<f64: -3.4e38, 0.0>} : tensor<4xf32>, tensor<f32> -> tensor<4xf32>
  %s = quantir.add %x, %k {quantir.extent = array<f64: -3.4e38, 4.0>} : tensor<1x4xf32>, tensor<4xf32> -> tensor<1x4xf32>
  %p = quantir.softmax %s : tensor<1x4xf32> -> tensor<1x4xf32>
  %q = quantir.quantize %p : tensor<1x4xf32> -> tensor<1x4x!u8>
  return %q : tensor<1x4x!u8>
}

// CHECK-LABEL: @a_scaled_accumulator_is_another_accumulator
// CHECK: %[[P:.*]] = quantir.matmul {{.*}} -> tensor<4x4x!quant.uniform<i32:f32, 1.000000e-04>>
// CHECK-NEXT: quantir.requantize %[[P]] {q31}
func.func @a_scaled_accumulator_is_another_accumulator(%a: tensor<4x4x!u8>, %b: tensor<4x4x!s8>) -> tensor<4x4x!u8> {
  %quarter = quantir.constant dense<0.25> : tensor<f32> -> tensor<f32>
  %p = quantir.matmul %a, %b : tensor<4x4x!u8>, tensor<4x4x!s8> -> tensor<4x4x!quant.uniform<i32:f32, 0.0004>>
  %x = quantir.dequantize %p : tensor<4x4x!quant.uniform<i32:f32, 0.0004>> -> tensor<4x4xf32>
  %y = quantir.mul %x, %quarter {quantir.extent = array<f64: -1.0, 1.0>} : tensor<4x4xf32>, tensor<f32> -> tensor<4x4xf32>
  %q = quantir.quantize %y : tensor<4x4xf32> -> tensor<4x4x!u8>
  return %q : tensor<4x4x!u8>
}

// CHECK-LABEL: @division_by_a_sum
// CHECK: %[[R:.*]] = quantir.reciprocal
// CHECK: quantir.mul %{{.*}}, %[[R]] {{.*}} -> tensor<4x!quant.uniform<u8
func.func @division_by_a_sum(%a: tensor<4x!acc>, %s: tensor<1x!acc>) -> tensor<4x!u8> {
  %one = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %x = quantir.dequantize %a : tensor<4x!acc> -> tensor<4xf32>
  %t = quantir.dequantize %s {quantir.extent = array<f64: 1.0, 9.0>} : tensor<1x!acc> -> tensor<1xf32>
  %i = quantir.div %one, %t : tensor<f32>, tensor<1xf32> -> tensor<1xf32>
  %y = quantir.mul %x, %i {quantir.extent = array<f64: -1.0, 1.0>} : tensor<4xf32>, tensor<1xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}

// Beyond 9 or so a sigmoid is flat: the table holds what is between.
// CHECK-LABEL: @flat_ends_take_no_codes
// CHECK: %[[X:.*]] = quantir.requantize %{{.*}} {q31} : {{.*}} -> tensor<4x!quant.uniform<i16:f32, 0.0061{{.*}}>>
// CHECK: %[[CLIPPED:.*]] = quantir.requantize %[[X]] {q31}
// CHECK: quantir.interpolate %[[CLIPPED]]
func.func @flat_ends_take_no_codes(%acc: tensor<4x!acc>) -> tensor<4x!quant.uniform<u8:f32, 0.00392156886>> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -100.0, 100.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.sigmoid %x {quantir.extent = array<f64: 0.0, 1.0>} : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.00392156886>>
  return %q : tensor<4x!quant.uniform<u8:f32, 0.00392156886>>
}

// Far from zero a GELU is max(x, 0).
// CHECK-LABEL: @what_is_beside_max_x_0
// CHECK: %[[REST:.*]] = quantir.interpolate
// CHECK: %[[POSITIVE:.*]] = quantir.requantize %{{.*}} {low = 0 : i32, q31}
// CHECK: quantir.add %[[POSITIVE]], %[[REST]]
func.func @what_is_beside_max_x_0(%acc: tensor<4x!acc>) -> tensor<4xf32> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -100.0, 100.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.gelu %x {quantir.extent = array<f64: -0.17, 100.0>} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}

!high = !quant.uniform<i32:f32:1, {0.256,0.512}>
!low = !quant.uniform<i32:f32:1, {0.001,0.002}>

// Products by the bytes of one tensor are added in one rounding, and saturate where the ReLU behind them does.
// CHECK-LABEL: @accumulators_are_added_as_they_are
// CHECK-SAME: (%[[H:.*]]: tensor<4x2x!{{.*}}>, %[[L:.*]]: tensor<4x2x!{{.*}}>) ->
// CHECK-NEXT: %[[S:.*]] = quantir.add %[[H]], %[[L]] : {{.*}} -> tensor<4x2x!quant.uniform<u8:f32, 2.000000e-02:9>>
// CHECK-NEXT: %[[R:.*]] = quantir.requantize %[[S]] {low = 9 : i32, q31}
// CHECK-NEXT: return %[[R]]
func.func @accumulators_are_added_as_they_are(%h: tensor<4x2x!high>, %l: tensor<4x2x!low>) -> tensor<4x2x!u8> {
  %x = quantir.dequantize %h : tensor<4x2x!high> -> tensor<4x2xf32>
  %y = quantir.dequantize %l : tensor<4x2x!low> -> tensor<4x2xf32>
  %s = quantir.add %x, %y {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x2xf32>
  %r = quantir.relu %s {quantir.extent = array<f64: 0.0, 4.0>} : tensor<4x2xf32> -> tensor<4x2xf32>
  %q = quantir.quantize %r : tensor<4x2xf32> -> tensor<4x2x!u8>
  return %q : tensor<4x2x!u8>
}

// CHECK-LABEL: @means_of_windows
// CHECK-SAME: (%[[C:.*]]: tensor
// CHECK-NEXT: quantir.avg_pool %[[C]] {{.*}} : tensor<1x4x4x1x!quant.uniform<u8:{{.*}} -> tensor<1x2x2x1x!quant.uniform<u8:
func.func @means_of_windows(%c: tensor<1x4x4x1x!u8>) -> tensor<1x2x2x1x!u8> {
  %x = quantir.dequantize %c : tensor<1x4x4x1x!u8> -> tensor<1x4x4x1xf32>
  %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>, quantir.extent = array<f64: 0.0, 4.0>} : tensor<1x4x4x1xf32> -> tensor<1x2x2x1xf32>
  %q = quantir.quantize %y : tensor<1x2x2x1xf32> -> tensor<1x2x2x1x!u8>
  return %q : tensor<1x2x2x1x!u8>
}

// CHECK-LABEL: @between_pixels_lie_codes
// CHECK-SAME: (%[[C:.*]]: tensor
// CHECK-NEXT: %[[R:.*]] = quantir.resize %[[C]] {{.*}} -> tensor<1x8x8x1x!quant.uniform<u8
// CHECK-NEXT: quantir.dequantize %[[R]]
func.func @between_pixels_lie_codes(%c: tensor<1x4x4x1x!u8>) -> tensor<1x8x8x1xf32> {
  %x = quantir.dequantize %c : tensor<1x4x4x1x!u8> -> tensor<1x4x4x1xf32>
  %y = quantir.resize %x {mode = #quantir.resize_mode<linear>, scales = array<f64: 2.0, 2.0>} : tensor<1x4x4x1xf32> -> tensor<1x8x8x1xf32>
  return %y : tensor<1x8x8x1xf32>
}

// Integers of 16 bits are their own codes; larger ones have those of their extent.
// CHECK-LABEL: @integers
// CHECK-DAG: quantir.cast {{.*}} : tensor<4x!quant.uniform<i16:f32, 2.4414{{[0-9]*}}E-4>> -> tensor<4xi64>
// CHECK-DAG: quantir.cast {{.*}} : tensor<4xi64> -> tensor<4x!quant.uniform<i16:f32, 1.000000e+00>>
// CHECK-DAG: quantir.cast {{.*}} : tensor<4xi64> -> tensor<4x!quant.uniform<i16:f32, 6.1037
func.func @integers(%acc: tensor<4x!acc>, %i: tensor<4xi64>) -> (tensor<4xi64>, tensor<4xf32>, tensor<4xf32>) {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %whole = quantir.cast %x : tensor<4xf32> -> tensor<4xi64>
  %small = quantir.cast %i {quantir.extent = array<f64: 0.0, 100.0>} : tensor<4xi64> -> tensor<4xf32>
  %large = quantir.cast %whole {quantir.extent = array<f64: 0.0, 100000.0>} : tensor<4xi64> -> tensor<4xf32>
  return %whole, %small, %large : tensor<4xi64>, tensor<4xf32>, tensor<4xf32>
}

// 65,536 codes of 16 bits have no sum of 32: the mean of the means of rows.
// CHECK-LABEL: @means_of_many
// CHECK: %[[ROWS:.*]] = quantir.reduce <mean> {{.*}}axes = array<i64: 2>, keepdims
// CHECK: %[[AGAIN:.*]] = quantir.requantize %[[ROWS]] {q31} : {{.*}} -> tensor<1x256x1x4x!quant.uniform<i16
// CHECK: quantir.reduce <mean> %[[AGAIN]] {axes = array<i64: 1, 2>}
func.func @means_of_many(%a: tensor<1x256x256x4x!acc>) -> tensor<1x4xf32> {
  %x = quantir.dequantize %a {quantir.extent = array<f64: -3.0, 4.0>} : tensor<1x256x256x4x!acc> -> tensor<1x256x256x4xf32>
  %y = quantir.reduce <mean> %x {axes = array<i64: 1, 2>} : tensor<1x256x256x4xf32> -> tensor<1x4xf32>
  return %y : tensor<1x4xf32>
}

// The sum is exact, and rounds to integers as the floor does.
// CHECK-LABEL: @steps
// CHECK-DAG: %[[HALF:.*]] = quantir.constant dense<-4096> : {{.*}} -> tensor<!quant.uniform<i32:f32, 1.22070312{{[0-9]*}}E-4>>
// CHECK-DAG: %[[X:.*]] = quantir.requantize {{.*}} -> tensor<4x!quant.uniform<i16:f32, 2.44140625E-4>>
// CHECK: quantir.add %[[X]], %[[HALF]] : {{.*}} -> tensor<4x!quant.uniform<i16:f32, 1.000000e+00>>
func.func @steps(%acc: tensor<4x!acc>) -> tensor<4xf32> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.floor %x {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4xf32> -> tensor<4xf32>
  return %y : tensor<4xf32>
}
