// RUN: quant-opt %s --quantir-fold-constants | FileCheck %s

// CHECK-LABEL: @computes_a_chain
func.func @computes_a_chain() -> tensor<2xf32> {
  // CHECK-NEXT: %[[C:.*]] = quantir.constant dense<[5.000000e-01, 0.000000e+00]>
  // CHECK-NEXT: return %[[C]]
  %a = quantir.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %b = quantir.constant dense<0.5> : tensor<f32> -> tensor<f32>
  %m = quantir.mul %a, %b : tensor<2xf32>, tensor<f32> -> tensor<2xf32>
  %r = quantir.relu %m : tensor<2xf32> -> tensor<2xf32>
  return %r : tensor<2xf32>
}

// CHECK-LABEL: @keeps_what_depends_on_an_argument
func.func @keeps_what_depends_on_an_argument(%x: tensor<2xf32>) -> tensor<2xf32> {
  // CHECK: quantir.add
  %a = quantir.constant dense<[1.0, -2.0]> : tensor<2xf32> -> tensor<2xf32>
  %r = quantir.add %x, %a : tensor<2xf32>, tensor<2xf32> -> tensor<2xf32>
  return %r : tensor<2xf32>
}

// CHECK-LABEL: @keeps_a_result_of_more_than_16_mebibytes
func.func @keeps_a_result_of_more_than_16_mebibytes() -> tensor<4194305xf32> {
  // CHECK: quantir.expand
  %a = quantir.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  %r = quantir.expand %a : tensor<1xf32> -> tensor<4194305xf32>
  return %r : tensor<4194305xf32>
}

// CHECK-LABEL: @drops_constants_nobody_uses
func.func @drops_constants_nobody_uses() {
  // CHECK-NEXT: return
  %a = quantir.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
  return
}
