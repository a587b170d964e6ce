// RUN: quant-opt %s -split-input-file -quantir-recognize-patterns -remarks-filter=quantir-import -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// CHECK: Reason="epsilon is not one constant{{.*}}Remark="quantir.sqrt is not recognised as normalization
func.func @epsilon_varies(%x: tensor<2x3xf32>, %eps: tensor<f32>) -> tensor<2x3xf32> {
  %q = quantir.mul %x, %x : tensor<2x3xf32>, tensor<2x3xf32> -> tensor<2x3xf32>
  %m = quantir.reduce <mean> %q {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %e = quantir.add %m, %eps : tensor<2x1xf32>, tensor<f32> -> tensor<2x1xf32>
  %r = quantir.sqrt %e : tensor<2x1xf32> -> tensor<2x1xf32>
  %n = quantir.div %x, %r : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  return %n : tensor<2x3xf32>
}

// -----

// CHECK: Reason="the mean is not over the last dimension alone{{.*}}Remark="quantir.sqrt is not recognised as normalization
func.func @other_axis(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %eps = quantir.constant dense<1.0e-6> : tensor<f32> -> tensor<f32>
  %q = quantir.mul %x, %x : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %m = quantir.reduce <mean> %q {axes = array<i64: 0>, keepdims} : tensor<3x3xf32> -> tensor<1x3xf32>
  %e = quantir.add %m, %eps : tensor<1x3xf32>, tensor<f32> -> tensor<1x3xf32>
  %r = quantir.sqrt %e : tensor<1x3xf32> -> tensor<1x3xf32>
  %n = quantir.div %x, %r : tensor<3x3xf32>, tensor<1x3xf32> -> tensor<3x3xf32>
  return %n : tensor<3x3xf32>
}

// -----

// CHECK: Reason="the sigmoid is of 1.702000 times the other factor{{.*}}Remark="quantir.mul is not recognised as silu
func.func @quick_gelu(%x: tensor<3xf32>) -> tensor<3xf32> {
  %c = quantir.constant dense<1.702> : tensor<f32> -> tensor<f32>
  %a = quantir.mul %x, %c : tensor<3xf32>, tensor<f32> -> tensor<3xf32>
  %g = quantir.sigmoid %a : tensor<3xf32> -> tensor<3xf32>
  %y = quantir.mul %x, %g : tensor<3xf32>, tensor<3xf32> -> tensor<3xf32>
  return %y : tensor<3xf32>
}

// -----

// CHECK: Reason="it does not subtract the maximum{{.*}}Remark="quantir.exp is not recognised as softmax
func.func @no_maximum(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %e = quantir.exp %x : tensor<2x3xf32> -> tensor<2x3xf32>
  %s = quantir.reduce <sum> %e {axes = array<i64: 1>, keepdims} : tensor<2x3xf32> -> tensor<2x1xf32>
  %y = quantir.div %e, %s : tensor<2x3xf32>, tensor<2x1xf32> -> tensor<2x3xf32>
  return %y : tensor<2x3xf32>
}

// -----

// CHECK: quantir.erf is not recognised as gelu
func.func @erf_of_another(%x: tensor<3xf32>) -> tensor<3xf32> {
  %e = quantir.erf %x : tensor<3xf32> -> tensor<3xf32>
  return %e : tensor<3xf32>
}
