// RUN: quant-opt %s --quantir-interpret | FileCheck %s

// CHECK-LABEL: @floats_to_integers_truncate_and_saturate
// CHECK: quantir.constant dense<[1, -1, 127, -128, 0]>
func.func @floats_to_integers_truncate_and_saturate() -> tensor<5xi8> {
  %x = quantir.constant dense<[1.9, -1.9, 300.0, -300.0, 0x7FC00000]> : tensor<5xf32> -> tensor<5xf32>
  %y = quantir.cast %x : tensor<5xf32> -> tensor<5xi8>
  return %y : tensor<5xi8>
}

// CHECK-LABEL: @integers_wrap
// CHECK: quantir.constant dense<[44, 255]>
func.func @integers_wrap() -> tensor<2xui8> {
  %x = quantir.constant dense<[300, -1]> : tensor<2xi64> -> tensor<2xi64>
  %y = quantir.cast %x : tensor<2xi64> -> tensor<2xui8>
  return %y : tensor<2xui8>
}

// CHECK-LABEL: @integers_to_floats
// CHECK: quantir.constant dense<[-3.000000e+00, 0x4B800000]>
func.func @integers_to_floats() -> tensor<2xf32> {
  %x = quantir.constant dense<[-3, 16777217]> : tensor<2xi32> -> tensor<2xi32>
  %y = quantir.cast %x : tensor<2xi32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// CHECK-LABEL: @to_truths
// CHECK: quantir.constant dense<[false, true]>
func.func @to_truths() -> tensor<2xi1> {
  %x = quantir.constant dense<[0.0, -0.5]> : tensor<2xf32> -> tensor<2xf32>
  %y = quantir.cast %x : tensor<2xf32> -> tensor<2xi1>
  return %y : tensor<2xi1>
}

// CHECK-LABEL: @from_truths
// CHECK: quantir.constant dense<[0, 1]>
func.func @from_truths() -> tensor<2xi64> {
  %x = quantir.constant dense<[false, true]> : tensor<2xi1> -> tensor<2xi1>
  %y = quantir.cast %x : tensor<2xi1> -> tensor<2xi64>
  return %y : tensor<2xi64>
}

// Ties go to even; 2^-55 is the least that is kept, with its sign.
// CHECK-LABEL: @to_bf16
// CHECK: quantir.constant dense<[1.000000e+00, 1.015630e+00, -1.015630e+00, 0x7F80, -2.775560e-17, 0.000000e+00, 0x7FC0]> : tensor<7xbf16>
func.func @to_bf16() -> tensor<7xbf16> {
  %x = quantir.constant dense<[1.00390625, 1.01171875, -1.0117188, 3.4e38, -2.7755576e-17, -2.7e-17, 0x7FC00000]> : tensor<7xf32> -> tensor<7xf32>
  %y = quantir.cast %x : tensor<7xf32> -> tensor<7xbf16>
  return %y : tensor<7xbf16>
}

// CHECK-LABEL: @to_f16
// CHECK: quantir.constant dense<[1.000000e+00, 1.001950e+00, 6.550400e+04, 0xFC00, 5.960460e-08, 0.000000e+00, -6.103520e-05, 0x7E00]> : tensor<8xf16>
func.func @to_f16() -> tensor<8xf16> {
  %x = quantir.constant dense<[1.00048828125, 1.00146484375, 65519.0, -65520.0, 2.9802326e-8, 2.9802322e-8, -6.1020255e-5, 0x7FC00000]> : tensor<8xf32> -> tensor<8xf32>
  %y = quantir.cast %x : tensor<8xf32> -> tensor<8xf16>
  return %y : tensor<8xf16>
}

// CHECK-LABEL: @from_f16
// CHECK: quantir.constant dense<[1.000000e+00, 5.96046448E-8, -6.550400e+04, 0xFF800000, -0.000000e+00]> : tensor<5xf32>
func.func @from_f16() -> tensor<5xf32> {
  %x = quantir.constant dense<[0x3C00, 0x0001, 0xFBFF, 0xFC00, 0x8000]> : tensor<5xf16> -> tensor<5xf16>
  %y = quantir.cast %x : tensor<5xf16> -> tensor<5xf32>
  return %y : tensor<5xf32>
}
