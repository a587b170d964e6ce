// RUN: quant-opt %s -split-input-file -quantir-lower-kernels="triple=x86_64-linux-gnu cpu=znver4" -remarks-filter=quantir-lower -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// Inputs 4 to 15 are read by no output.
// CHECK: [Passed] ZerosSkipped {{.*}}Remark="3 of 4 blocks of 4 inputs by 16 outputs are zero and left out; the work is {{[0-9]+}} % of the dense kernel's"
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<64x16x!codes>) -> tensor<64x2xf32> {
  %w = quantir.constant dense<[[1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                               [5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]> : tensor<2x16xi8> -> tensor<2x16x!weights>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<64x16x!codes>, %b: tensor<2x16x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<64x16x!codes>, tensor<2x16x!weights> -> tensor<64x2x!sums>
    %d = quantir.dequantize %s : tensor<64x2x!sums> -> tensor<64x2xf32>
    quantir.yield %d : tensor<64x2xf32>
  } : (tensor<64x16x!codes>, tensor<2x16x!weights>) -> tensor<64x2xf32>
  return %y : tensor<64x2xf32>
}

// -----

// CHECK: [Missed] ZerosKept {{.*}}Reason="two of four neighbours are zero: {{.*}}Remark="50 % of the weights are zero and multiplied"
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<64x8x!codes>) -> tensor<64x2xf32> {
  %w = quantir.constant dense<[[1, 2, 0, 0, 0, 0, 3, 4], [0, 5, 0, 6, 7, 0, 8, 0]]> : tensor<2x8xi8> -> tensor<2x8x!weights>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<64x8x!codes>, %b: tensor<2x8x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<64x8x!codes>, tensor<2x8x!weights> -> tensor<64x2x!sums>
    %d = quantir.dequantize %s : tensor<64x2x!sums> -> tensor<64x2xf32>
    quantir.yield %d : tensor<64x2xf32>
  } : (tensor<64x8x!codes>, tensor<2x8x!weights>) -> tensor<64x2xf32>
  return %y : tensor<64x2xf32>
}

// -----

// Every step has a weight of some output.
// CHECK: [Missed] ZerosKept {{.*}}Reason="leaving out the 0 of 2 blocks that are all zero would leave {{[0-9]+}} % of the work", Remark="44 % of the weights are zero and multiplied"
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<64x8x!codes>) -> tensor<64x2xf32> {
  %w = quantir.constant dense<[[1, 2, 3, 4, 0, 0, 0, 0], [0, 0, 0, 1, 7, 1, 8, 1]]> : tensor<2x8xi8> -> tensor<2x8x!weights>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<64x8x!codes>, %b: tensor<2x8x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<64x8x!codes>, tensor<2x8x!weights> -> tensor<64x2x!sums>
    %d = quantir.dequantize %s : tensor<64x2x!sums> -> tensor<64x2xf32>
    quantir.yield %d : tensor<64x2xf32>
  } : (tensor<64x8x!codes>, tensor<2x8x!weights>) -> tensor<64x2xf32>
  return %y : tensor<64x2xf32>
}

// -----

// Dense weights are nothing to speak of.
// CHECK-NOT: Zeros
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<4x4x!codes>) -> tensor<4x2xf32> {
  %w = quantir.constant dense<[[1, 2, 3, 4], [0, 6, 7, 8]]> : tensor<2x4xi8> -> tensor<2x4x!weights>
  %y = quantir.kernel (%x, %w) {
  ^bb0(%a: tensor<4x4x!codes>, %b: tensor<2x4x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<4x4x!codes>, tensor<2x4x!weights> -> tensor<4x2x!sums>
    %d = quantir.dequantize %s : tensor<4x2x!sums> -> tensor<4x2xf32>
    quantir.yield %d : tensor<4x2xf32>
  } : (tensor<4x4x!codes>, tensor<2x4x!weights>) -> tensor<4x2xf32>
  return %y : tensor<4x2xf32>
}
