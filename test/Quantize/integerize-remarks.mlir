// RUN: quant-opt %s -quantir-integerize -remarks-filter=quantir-quantize -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// CHECK: loc("row"): [Missed] StaysFloat {{.*}}quantir.softmax stays in floating point
func.func @main(%x: tensor<2x6xf32>) -> tensor<2x6xf32> {
  %s = quantir.softmax %x : tensor<2x6xf32> -> tensor<2x6xf32> loc("row")
  return %s : tensor<2x6xf32>
}
