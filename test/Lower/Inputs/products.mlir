// Products of every kind of numbers, so large that the widest tile fits in.
!codes = !quant.uniform<u8:f32, 0.5:3>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<96x1024x!codes>, %f: tensor<96x1024xf32>, %one: tensor<1x1024x!codes>) -> (tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<1x96xf32>) {
  // Pairs of products with weights of 100 leave 16 bits, with 3 they do not.
  %large = quantir.constant dense<100> : tensor<96x1024xi8> -> tensor<96x1024x!weights>
  %0 = quantir.kernel (%x, %large) {
  ^bb0(%a: tensor<96x1024x!codes>, %b: tensor<96x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<96x1024x!codes>, tensor<96x1024x!weights> -> tensor<96x96x!sums>
    %d = quantir.dequantize %s : tensor<96x96x!sums> -> tensor<96x96xf32>
    quantir.yield %d : tensor<96x96xf32>
  } : (tensor<96x1024x!codes>, tensor<96x1024x!weights>) -> tensor<96x96xf32>
  %small = quantir.constant dense<3> : tensor<96x1024xi8> -> tensor<96x1024x!weights>
  %1 = quantir.kernel (%x, %small) {
  ^bb0(%a: tensor<96x1024x!codes>, %b: tensor<96x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<96x1024x!codes>, tensor<96x1024x!weights> -> tensor<96x96x!sums>
    %d = quantir.dequantize %s : tensor<96x96x!sums> -> tensor<96x96xf32>
    quantir.yield %d : tensor<96x96xf32>
  } : (tensor<96x1024x!codes>, tensor<96x1024x!weights>) -> tensor<96x96xf32>
  %floats = quantir.constant dense<3.0> : tensor<1024x96xf32> -> tensor<1024x96xf32>
  %2 = quantir.kernel (%f, %floats) {
  ^bb0(%a: tensor<96x1024xf32>, %b: tensor<1024x96xf32>):
    %s = quantir.matmul %a, %b : tensor<96x1024xf32>, tensor<1024x96xf32> -> tensor<96x96xf32>
    quantir.yield %s : tensor<96x96xf32>
  } : (tensor<96x1024xf32>, tensor<1024x96xf32>) -> tensor<96x96xf32>
  %bf16 = quantir.constant dense<3.0> : tensor<96x1024xbf16> -> tensor<96x1024xbf16>
  %c = quantir.kernel (%f) {
  ^bb0(%a: tensor<96x1024xf32>):
    %r = quantir.cast %a : tensor<96x1024xf32> -> tensor<96x1024xbf16>
    quantir.yield %r : tensor<96x1024xbf16>
  } : (tensor<96x1024xf32>) -> tensor<96x1024xbf16>
  %3 = quantir.kernel (%c, %bf16) {
  ^bb0(%a: tensor<96x1024xbf16>, %b: tensor<96x1024xbf16>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<96x1024xbf16>, tensor<96x1024xbf16> -> tensor<96x96xf32>
    quantir.yield %s : tensor<96x96xf32>
  } : (tensor<96x1024xbf16>, tensor<96x1024xbf16>) -> tensor<96x96xf32>
  %f16 = quantir.constant dense<3.0> : tensor<96x1024xf16> -> tensor<96x1024xf16>
  %4 = quantir.kernel (%f, %f16) {
  ^bb0(%a: tensor<96x1024xf32>, %b: tensor<96x1024xf16>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<96x1024xf32>, tensor<96x1024xf16> -> tensor<96x96xf32>
    quantir.yield %s : tensor<96x96xf32>
  } : (tensor<96x1024xf32>, tensor<96x1024xf16>) -> tensor<96x96xf32>
  // A single row, for which steps of two would be half in vain.
  %5 = quantir.kernel (%one, %large) {
  ^bb0(%a: tensor<1x1024x!codes>, %b: tensor<96x1024x!weights>):
    %s = quantir.matmul %a, %b {transpose_rhs} : tensor<1x1024x!codes>, tensor<96x1024x!weights> -> tensor<1x96x!sums>
    %d = quantir.dequantize %s : tensor<1x96x!sums> -> tensor<1x96xf32>
    quantir.yield %d : tensor<1x96xf32>
  } : (tensor<1x1024x!codes>, tensor<96x1024x!weights>) -> tensor<1x96xf32>
  return %0, %1, %2, %3, %4, %5 : tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<96x96xf32>, tensor<1x96xf32>
}
