// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (C1)
func.func @other_rows(%x0: tensor<2x3xf32>, %x1: tensor<3x3xf32>) -> tensor<2x6xf32> {
  // expected-error @+2 {{joins 'tensor<2x3xf32>' and 'tensor<3x3xf32>' along axis 1}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.concat %x0, %x1 {axis = 1 : i64} : tensor<2x3xf32>, tensor<3x3xf32> -> tensor<2x6xf32>
  return %y : tensor<2x6xf32>
}

// -----

// (C1)
func.func @other_element_type(%x0: tensor<2xf32>, %x1: tensor<3xi32>) -> tensor<5xf32> {
  // expected-error @+2 {{joins 'tensor<2xf32>' and 'tensor<3xi32>' along axis 0}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.concat %x0, %x1 {axis = 0 : i64} : tensor<2xf32>, tensor<3xi32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}

// -----

// (C1)
func.func @no_such_axis(%x0: tensor<2xf32>, %x1: tensor<3xf32>) -> tensor<5xf32> {
  // expected-error @+2 {{has no axis 1 in 'tensor<2xf32>'}}
  // expected-error @+1 {{failed to infer returned types}}
  %y = quantir.concat %x0, %x1 {axis = 1 : i64} : tensor<2xf32>, tensor<3xf32> -> tensor<5xf32>
  return %y : tensor<5xf32>
}
