// RUN: quant-opt %s -split-input-file '-quantir-fuse-kernels=attention=in-words' -remarks-filter=quantir-fuse -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s
// RUN: not quant-opt %s -split-input-file '-quantir-fuse-kernels=attention=words' 2>&1 | FileCheck %s --check-prefix=WRONG
// WRONG: 'words'

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// Heads of 8 are two words; keys need not be whole words.
// CHECK: remark: {{.*}}attention: 7 ops share a kernel
func.func @whole_words(%q: tensor<1x5x2x8x!q>, %k: tensor<2x7x8x!k>, %v: tensor<2x7x8x!k>) -> tensor<2x5x8x!o> {
  %r = quantir.reshape %q : tensor<1x5x2x8x!q> -> tensor<5x2x8x!q>
  %t = quantir.transpose %r {permutation = array<i64: 1, 0, 2>} : tensor<5x2x8x!q> -> tensor<2x5x8x!q>
  %s = quantir.matmul %t, %k {transpose_rhs} : tensor<2x5x8x!q>, tensor<2x7x8x!k> -> tensor<2x5x7x!s>
  %f = quantir.dequantize %s : tensor<2x5x7x!s> -> tensor<2x5x7xf32>
  %e = quantir.softmax %f : tensor<2x5x7xf32> -> tensor<2x5x7xf32>
  %p = quantir.quantize %e : tensor<2x5x7xf32> -> tensor<2x5x7x!p>
  %o = quantir.matmul %p, %v : tensor<2x5x7x!p>, tensor<2x7x8x!k> -> tensor<2x5x8x!o>
  return %o : tensor<2x5x8x!o>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK: remark: {{.*}}rows of its heads are not whole words{{.*}}attention stays in kernels of its own
func.func @heads_of_six(%q: tensor<5x6x!q>, %k: tensor<8x6x!k>, %v: tensor<8x4x!k>) -> tensor<5x4x!o> {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x6x!q>, tensor<8x6x!k> -> tensor<5x8x!s>
  %f = quantir.dequantize %s : tensor<5x8x!s> -> tensor<5x8xf32>
  %e = quantir.softmax %f : tensor<5x8xf32> -> tensor<5x8xf32>
  %p = quantir.quantize %e : tensor<5x8xf32> -> tensor<5x8x!p>
  %o = quantir.matmul %p, %v : tensor<5x8x!p>, tensor<8x4x!k> -> tensor<5x4x!o>
  return %o : tensor<5x4x!o>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// A head's bytes in the middle of words.
// CHECK: remark: {{.*}}rows of its heads are not whole words
func.func @begins_within_a_word(%q: tensor<5x8x!q>, %k: tensor<8x12x!k>, %v: tensor<8x4x!k>) -> tensor<5x4x!o> {
  %h = quantir.slice %k {offsets = array<i64: 0, 2>, sizes = array<i64: 8, 8>, steps = array<i64: 1, 1>} : tensor<8x12x!k> -> tensor<8x8x!k>
  %s = quantir.matmul %q, %h {transpose_rhs} : tensor<5x8x!q>, tensor<8x8x!k> -> tensor<5x8x!s>
  %f = quantir.dequantize %s : tensor<5x8x!s> -> tensor<5x8xf32>
  %e = quantir.softmax %f : tensor<5x8xf32> -> tensor<5x8xf32>
  %p = quantir.quantize %e : tensor<5x8xf32> -> tensor<5x8x!p>
  %o = quantir.matmul %p, %v : tensor<5x8x!p>, tensor<8x4x!k> -> tensor<5x4x!o>
  return %o : tensor<5x4x!o>
}

// -----

!q = !quant.uniform<u8:f32, 0.02:131>
!k = !quant.uniform<i8<-127:127>:f32, 0.015>
!s = !quant.uniform<i32:f32, 0.0003>
!p = !quant.uniform<u8:f32, 0.0039>
!o = !quant.uniform<i32:f32, 0.00006>

// CHECK: remark: {{.*}}its rows do not fit into the memory of a workgroup
func.func @long_rows(%q: tensor<5x8x!q>, %k: tensor<1028x8x!k>, %v: tensor<1028x4x!k>) -> tensor<5x4x!o> {
  %s = quantir.matmul %q, %k {transpose_rhs} : tensor<5x8x!q>, tensor<1028x8x!k> -> tensor<5x1028x!s>
  %f = quantir.dequantize %s : tensor<5x1028x!s> -> tensor<5x1028xf32>
  %e = quantir.softmax %f : tensor<5x1028xf32> -> tensor<5x1028xf32>
  %p = quantir.quantize %e : tensor<5x1028xf32> -> tensor<5x1028x!p>
  %o = quantir.matmul %p, %v : tensor<5x1028x!p>, tensor<1028x4x!k> -> tensor<5x4x!o>
  return %o : tensor<5x4x!o>
}
