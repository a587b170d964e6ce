// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (M1)
func.func @vector(%x0: tensor<4xf32>, %x1: tensor<4x2xf32>) -> tensor<2xf32> {
  // expected-error @+2 {{needs operands of rank 2 or more}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.matmul %x0, %x1  : tensor<4xf32>, tensor<4x2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}

// -----

// (M1)
func.func @other_depth(%x0: tensor<3x4xf32>, %x1: tensor<5x2xf32>) -> tensor<3x2xf32> {
  // expected-error @+2 {{sums over 4 elements of the left operand but 5 of the right}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.matmul %x0, %x1  : tensor<3x4xf32>, tensor<5x2xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// (M2)
func.func @leading_dimensions_that_do_not_broadcast(%x0: tensor<2x3x4xf32>, %x1: tensor<3x4x2xf32>) -> tensor<2x3x2xf32> {
  // expected-error @+2 {{has leading dimensions that do not broadcast}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.matmul %x0, %x1  : tensor<2x3x4xf32>, tensor<3x4x2xf32> -> tensor<2x3x2xf32>
  return %y : tensor<2x3x2xf32>
}

// -----

// (M2)
func.func @short_bias(%x0: tensor<3x4xf32>, %x1: tensor<4x2xf32>, %x2: tensor<3xf32>) -> tensor<3x2xf32> {
  // expected-error @+1 {{has bias 'tensor<3xf32>' for 2 columns}}
  %y = quantir.matmul %x0, %x1 bias %x2  : tensor<3x4xf32>, tensor<4x2xf32>, tensor<3xf32> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// (M3)
func.func @integers(%x0: tensor<3x4xi32>, %x1: tensor<4x2xi32>) -> tensor<3x2xi32> {
  // expected-error @+1 {{multiplies 'i32' by 'i32' into 'i32'}}
  %y = quantir.matmul %x0, %x1  : tensor<3x4xi32>, tensor<4x2xi32> -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}
