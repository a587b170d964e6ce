// RUN: quant-opt %s -split-input-file -quantir-propagate-scales \
// RUN:   -remarks-filter=quantir-propagate-scales -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

!u8 = !quant.uniform<u8:f32, 0.5:3>
// CHECK: QuantizeKept {{.*}} Reason="the transposed input of the model is quantized as it is read", Remark="quantize stays behind quantir.transpose"
func.func @input(%x: tensor<2x6xf32>) -> tensor<6x2x!u8> {
  %t = quantir.transpose %x {permutation = array<i64: 1, 0>} : tensor<2x6xf32> -> tensor<6x2xf32>
  %q = quantir.quantize %t : tensor<6x2xf32> -> tensor<6x2x!u8>
  return %q : tensor<6x2x!u8>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>
// CHECK: QuantizeKept {{.*}} Reason="another op reads the tensor in floating point", Remark="quantize stays behind quantir.reduce"
func.func @two_readers(%x: tensor<2x6xf32>) -> (tensor<2x!u8>, tensor<2xf32>) {
  %t = quantir.reduce <max> %x {axes = array<i64: 1>} : tensor<2x6xf32> -> tensor<2xf32>
  %q = quantir.quantize %t : tensor<2xf32> -> tensor<2x!u8>
  return %q, %t : tensor<2x!u8>, tensor<2xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>
// CHECK: QuantizeKept {{.*}} Reason="more elements would be quantized", Remark="quantize stays behind quantir.slice"
func.func @shared_and_larger(%x: tensor<6xf32>) -> (tensor<2x!u8>, tensor<6xf32>) {
  %t = quantir.slice %x {offsets = array<i64: 0>, sizes = array<i64: 2>, steps = array<i64: 1>} : tensor<6xf32> -> tensor<2xf32>
  %q = quantir.quantize %t : tensor<2xf32> -> tensor<2x!u8>
  return %q, %x : tensor<2x!u8>, tensor<6xf32>
}

// -----

// 0.25000000001 is a tie in f32 alone.
!u8 = !quant.uniform<u8:f32, 0.5:3>
// CHECK: QuantizeKept {{.*}} Reason="the padding has no exact code", Remark="quantize stays behind quantir.pad"
func.func @pad_between_codes(%x: tensor<6xf32>) -> tensor<7x!u8> {
  %t = quantir.pad %x {low = array<i64: 0>, high = array<i64: 1>, value = 0.25000000001 : f64} : tensor<6xf32> -> tensor<7xf32>
  %q = quantir.quantize %t : tensor<7xf32> -> tensor<7x!u8>
  return %q : tensor<7x!u8>
}
