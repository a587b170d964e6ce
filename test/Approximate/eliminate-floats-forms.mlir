// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(quantir-eliminate-floats{softmax=ibert gelu=ibert norm=ivit}))" | FileCheck %s
// RUN: quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(quantir-eliminate-floats{softmax=xnnpack}))" | FileCheck %s --check-prefix=XNN
// RUN: not quant-opt %s -split-input-file -pass-pipeline="builtin.module(func.func(quantir-eliminate-floats{softmax=bert}))" 2>&1 | FileCheck %s --check-prefix=NONE

// NONE: unknown form of softmax 'bert'; use house, ibert,

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.02:9>

// A form that refuses 16-bit scores gets 8-bit ones.
// CHECK-LABEL: @softmax
// CHECK: quantir.softmax {{.*}} {form = #quantir.softmax_form<ibert>} : tensor<1x4x!quant.uniform<i16:f32
// XNN-LABEL: @softmax
// XNN: quantir.softmax {{.*}} {form = #quantir.softmax_form<xnnpack>} : tensor<1x4x!quant.uniform<i8{{.*}}:f32
func.func @softmax(%a: tensor<1x4x!acc>) -> tensor<1x4x!u8> {
  %x = quantir.dequantize %a {quantir.extent = array<f64: -4.0, 4.0>} : tensor<1x4x!acc> -> tensor<1x4xf32>
  %p = quantir.softmax %x : tensor<1x4xf32> -> tensor<1x4xf32>
  %q = quantir.quantize %p : tensor<1x4xf32> -> tensor<1x4x!u8>
  return %q : tensor<1x4x!u8>
}

// -----

!acc = !quant.uniform<i32:f32, 0.001>

// CHECK-LABEL: @norm
// CHECK: quantir.layer_norm {{.*}} form = #quantir.norm_form<ivit>
// XNN-LABEL: @norm
// XNN-NOT: norm_form
func.func @norm(%a: tensor<4x!acc>) -> tensor<4xf32> {
  %s = quantir.constant dense<1.0> : tensor<4xf32> -> tensor<4xf32>
  %x = quantir.dequantize %a {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %n = quantir.layer_norm %x, %s, %s {epsilon = 1.0e-5 : f32, quantir.extent = array<f64: -4.0, 6.0>} : tensor<4xf32>, tensor<4xf32>, tensor<4xf32> -> tensor<4xf32>
  return %n : tensor<4xf32>
}

// -----

!acc = !quant.uniform<i32:f32, 0.001>
!u8 = !quant.uniform<u8:f32, 0.02:9>

// I-BERT's error, 1.8e-2, is 0.9 steps, and the rounding half a step.
// CHECK-LABEL: @gelu
// CHECK: quantir.interpolate {{.*}} steps_off = 1.4
// XNN-LABEL: @gelu
// XNN: quantir.interpolate {{.*}} steps_off = 0.50
func.func @gelu(%acc: tensor<4x!acc>) -> tensor<4x!u8> {
  %x = quantir.dequantize %acc {quantir.extent = array<f64: -3.0, 4.0>} : tensor<4x!acc> -> tensor<4xf32>
  %y = quantir.gelu %x {quantir.extent = array<f64: -0.17, 4.0>} : tensor<4xf32> -> tensor<4xf32>
  %q = quantir.quantize %y : tensor<4xf32> -> tensor<4x!u8>
  return %q : tensor<4x!u8>
}
