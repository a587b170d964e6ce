// RUN: quant-opt %s -split-input-file -verify-diagnostics

// (S3)
func.func @form_of_floats(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  // expected-error @+1 {{has form ibert but is not a normalized softmax on codes}}
  %y = quantir.softmax %x {form = #quantir.softmax_form<ibert>} : tensor<2x8xf32> -> tensor<2x8xf32>
  return %y : tensor<2x8xf32>
}

// -----

!scores = !quant.uniform<i8:f32, 0.00390625>
!shares = !quant.uniform<u8:f32, 0.00390625>
// (S3)
func.func @unnormalized_form(%x: tensor<2x8x!scores>) -> tensor<2x8x!shares> {
  // expected-error @+1 {{has form log2 but is not a normalized softmax on codes}}
  %y = quantir.softmax %x {unnormalized, form = #quantir.softmax_form<log2>} : tensor<2x8x!scores> -> tensor<2x8x!shares>
  return %y : tensor<2x8x!shares>
}

// -----

!scores = !quant.uniform<i8:f32, 0.00390625>
!shares = !quant.uniform<u8:f32, 0.0078125>
// (S3)
func.func @sum_of_shiftmax(%x: tensor<1x1024x!scores>) -> tensor<1x1024x!shares> {
  // expected-error @+1 {{cannot have form shiftmax: the sum needs 35 bits of 32}}
  %y = quantir.softmax %x {form = #quantir.softmax_form<shiftmax>} : tensor<1x1024x!scores> -> tensor<1x1024x!shares>
  return %y : tensor<1x1024x!shares>
}

// -----

!scores = !quant.uniform<i16:f32, 0.00390625>
!shares = !quant.uniform<u8:f32, 0.00390625>
// (S3)
func.func @table_of_wide_scores(%x: tensor<1x8x!scores>) -> tensor<1x8x!shares> {
  // expected-error @+1 {{cannot have form xnnpack: the scores have more than 8 bits}}
  %y = quantir.softmax %x {form = #quantir.softmax_form<xnnpack>} : tensor<1x8x!scores> -> tensor<1x8x!shares>
  return %y : tensor<1x8x!shares>
}
