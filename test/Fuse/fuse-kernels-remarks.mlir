// RUN: quant-opt %s -quantir-fuse-kernels -remarks-filter=quantir-fuse -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// CHECK-DAG: loc("sum"): [Missed] NotFused {{.*}} Reason="another operand depends on that kernel", Remark="quantir.add does not join the kernel that feeds it"
// CHECK-DAG: loc("wide"): [Missed] NotFused {{.*}} Reason="its result has another shape"
// CHECK-DAG: loc("second"): [Passed] Fused {{.*}}quantir.matmul and 1 elementwise ops share a kernel
func.func @main(%x: tensor<1x1xf32>, %w: tensor<1x1xf32>, %y: tensor<4x1xf32>) -> tensor<4x1xf32> {
  %a = quantir.matmul %x, %w : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32> loc("first")
  %b = quantir.matmul %a, %w : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32> loc("second")
  %s = quantir.add %a, %b : tensor<1x1xf32>, tensor<1x1xf32> -> tensor<1x1xf32> loc("sum")
  %t = quantir.add %s, %y : tensor<1x1xf32>, tensor<4x1xf32> -> tensor<4x1xf32> loc("wide")
  return %t : tensor<4x1xf32>
}
