// RUN: quant-opt %s -split-input-file -quantir-fuse-kernels -remarks-filter=quantir-fuse -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK-DAG: loc("fused"): [Passed] Fused {{.*}}attention: 5 ops share a kernel
func.func @fused(%q: tensor<5x8x!q>, %k: tensor<7x8x!k>, %v: tensor<7x8x!k>) -> tensor<5x8x!o> {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8x!q>, tensor<7x8x!k> -> tensor<5x7x!s>
  %f = quantir.dequantize %s : tensor<5x7x!s> -> tensor<5x7xf32>
  %e = quantir.softmax %f : tensor<5x7xf32> -> tensor<5x7xf32> loc("fused")
  %p = quantir.quantize %e : tensor<5x7xf32> -> tensor<5x7x!p>
  %o = quantir.matmul %p, %v : tensor<5x7x!p>, tensor<7x8x!k> -> tensor<5x8x!o>
  return %o : tensor<5x8x!o>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK-DAG: loc("returned"): [Missed] NotFused {{.*}}Reason="the probabilities are read elsewhere", Remark="attention stays in kernels of its own"
func.func @returned(%q: tensor<5x8x!q>, %k: tensor<7x8x!k>, %v: tensor<7x8x!k>) -> (tensor<5x8x!o>, tensor<5x7x!p>) {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8x!q>, tensor<7x8x!k> -> tensor<5x7x!s>
  %f = quantir.dequantize %s : tensor<5x7x!s> -> tensor<5x7xf32>
  %e = quantir.softmax %f : tensor<5x7xf32> -> tensor<5x7xf32> loc("returned")
  %p = quantir.quantize %e : tensor<5x7xf32> -> tensor<5x7x!p>
  %o = quantir.matmul %p, %v : tensor<5x7x!p>, tensor<7x8x!k> -> tensor<5x8x!o>
  return %o, %p : tensor<5x8x!o>, tensor<5x7x!p>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK-DAG: loc("reread"): [Missed] NotFused {{.*}}Reason="the scores are read elsewhere"
func.func @reread(%q: tensor<5x8x!q>, %k: tensor<7x8x!k>, %v: tensor<7x8x!k>) -> (tensor<5x8x!o>, tensor<5x7x!s>) {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8x!q>, tensor<7x8x!k> -> tensor<5x7x!s>
  %f = quantir.dequantize %s : tensor<5x7x!s> -> tensor<5x7xf32>
  %e = quantir.softmax %f : tensor<5x7xf32> -> tensor<5x7xf32> loc("reread")
  %p = quantir.quantize %e : tensor<5x7xf32> -> tensor<5x7x!p>
  %o = quantir.matmul %p, %v : tensor<5x7x!p>, tensor<7x8x!k> -> tensor<5x8x!o>
  return %o, %s : tensor<5x8x!o>, tensor<5x7x!s>
}

// -----

// CHECK-DAG: loc("float"): [Missed] NotFused {{.*}}Reason="its products are in floating point"
func.func @float(%q: tensor<5x8xf32>, %k: tensor<7x8xf32>, %v: tensor<7x8xf32>) -> tensor<5x8xf32> {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8xf32>, tensor<7x8xf32> -> tensor<5x7xf32>
  %p = quantir.softmax %s : tensor<5x7xf32> -> tensor<5x7xf32> loc("float")
  %o = quantir.matmul %p, %v : tensor<5x7xf32>, tensor<7x8xf32> -> tensor<5x8xf32>
  return %o : tensor<5x8xf32>
}
