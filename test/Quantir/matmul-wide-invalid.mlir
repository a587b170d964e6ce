// RUN: quant-opt %s -verify-diagnostics

// Sums of 16-bit by 8-bit codes would leave 32 bits from depth 517 on.
func.func @sixteen_by_eight(%x: tensor<1x1024x!quant.uniform<i16:f32, 0.5>>, %w: tensor<1024x3x!quant.uniform<i8<-127:127>:f32, 0.25>>)
    -> tensor<1x3x!quant.uniform<i32:f32, 0.125>> {
  // expected-error @+1 {{it needs f32, f32 times f16 or bf16 into f32, or 8-bit codes times symmetric 8-bit codes into 32-bit codes}}
  %r = quantir.matmul %x, %w : tensor<1x1024x!quant.uniform<i16:f32, 0.5>>, tensor<1024x3x!quant.uniform<i8<-127:127>:f32, 0.25>>
      -> tensor<1x3x!quant.uniform<i32:f32, 0.125>>
  return %r : tensor<1x3x!quant.uniform<i32:f32, 0.125>>
}
