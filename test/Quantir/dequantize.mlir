// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @per_tensor
// CHECK: quantir.constant dense<[0.000000e+00, -5.000000e+00, 1.225000e+02]>
func.func @per_tensor() -> tensor<3xf32> {
  %x = quantir.constant dense<[10, 0, -1]> : tensor<3xi8> -> tensor<3x!quant.uniform<u8:f32, 0.5:10>>
  %y = quantir.dequantize %x : tensor<3x!quant.uniform<u8:f32, 0.5:10>> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// CHECK-LABEL: @accumulators_per_channel
// CHECK{LITERAL}: quantir.constant dense<[[5.000000e+01, -2.500000e+01]]>
func.func @accumulators_per_channel() -> tensor<1x2xf32> {
  %x = quantir.constant dense<[[100, -100]]> : tensor<1x2xi32> -> tensor<1x2x!quant.uniform<i32:f32:1, {0.5,0.25}>>
  %y = quantir.dequantize %x : tensor<1x2x!quant.uniform<i32:f32:1, {0.5,0.25}>> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}

