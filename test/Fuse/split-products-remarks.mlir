// RUN: quant-opt %s -quantir-split-products -remarks-filter=quantir-fuse -remark-format=emitRemark -o %t.mlir 2>&1 | FileCheck %s
// RUN: FileCheck %s --check-prefix=IR < %t.mlir

!q = !quant.uniform<i32:f32:1, {0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1}>
!x = !quant.uniform<u8:f32, 1.0:3>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1}>
!y = !quant.uniform<u8:f32, 2.0:9>

// CHECK-DAG: loc("halves"): [Passed] ProductSplit {{.*}}"quantir.matmul becomes 2"
func.func @halves(%x: tensor<3x1xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x32xf32> -> tensor<1x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32> loc("halves")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// CHECK-DAG: loc("overlap"): [Missed] ProductWhole {{.*}}Reason="slices overlap"
// IR-LABEL: @overlap
// IR-COUNT-2: quantir.slice
func.func @overlap(%x: tensor<3x1xf32>) -> (tensor<3x32xf32>, tensor<3x32xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x48xf32> -> tensor<1x48xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x48xf32> -> tensor<3x48xf32> loc("overlap")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 32>, steps = array<i64: 1, 1>} : tensor<3x48xf32> -> tensor<3x32xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 32>, steps = array<i64: 1, 1>} : tensor<3x48xf32> -> tensor<3x32xf32>
  return %0, %1 : tensor<3x32xf32>, tensor<3x32xf32>
}

// CHECK-DAG: loc("narrow"): [Missed] ProductWhole {{.*}}Reason="slices fill no vectors"
// IR-LABEL: @narrow
// IR-COUNT-2: quantir.slice
func.func @narrow(%x: tensor<3x1xf32>) -> (tensor<3x8xf32>, tensor<3x8xf32>) {
  %w = quantir.constant dense<2.0> : tensor<1x16xf32> -> tensor<1x16xf32>
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x16xf32> -> tensor<3x16xf32> loc("narrow")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 8>, steps = array<i64: 1, 1>} : tensor<3x16xf32> -> tensor<3x8xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 8>, sizes = array<i64: 3, 8>, steps = array<i64: 1, 1>} : tensor<3x16xf32> -> tensor<3x8xf32>
  return %0, %1 : tensor<3x8xf32>, tensor<3x8xf32>
}

// CHECK-DAG: loc("deep"): [Missed] ProductWhole {{.*}}Reason="the left operand is long"
// IR-LABEL: @deep
// IR-COUNT-2: quantir.slice
func.func @deep(%x: tensor<3x65xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %w = quantir.constant dense<2.0> : tensor<65x32xf32> -> tensor<65x32xf32>
  %m = quantir.matmul %x, %w : tensor<3x65xf32>, tensor<65x32xf32> -> tensor<3x32xf32> loc("deep")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// CHECK-DAG: loc("computed"): [Missed] ProductWhole {{.*}}Reason="its weights or bias are not constants that can be cut"
// IR-LABEL: @computed
// IR-COUNT-2: quantir.slice
func.func @computed(%x: tensor<3x1xf32>, %w: tensor<1x32xf32>) -> (tensor<3x16xf32>, tensor<3x16xf32>) {
  %m = quantir.matmul %x, %w : tensor<3x1xf32>, tensor<1x32xf32> -> tensor<3x32xf32> loc("computed")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32xf32> -> tensor<3x16xf32>
  return %0, %1 : tensor<3x16xf32>, tensor<3x16xf32>
}

// CHECK-DAG: loc("grouped"): [Missed] ProductWhole {{.*}}Reason="its weights or bias are not constants that can be cut"
// IR-LABEL: @grouped
// IR-COUNT-2: quantir.slice
func.func @grouped(%x: tensor<1x4x4x2xf32>) -> (tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>) {
  %w = quantir.constant dense<2.0> : tensor<32x1x1x1xf32> -> tensor<32x1x1x1xf32>
  %m = quantir.conv %x, %w {groups = 2 : i64} : tensor<1x4x4x2xf32>, tensor<32x1x1x1xf32> -> tensor<1x4x4x32xf32> loc("grouped")
  %0 = quantir.slice %m {offsets = array<i64: 0, 0, 0, 0>, sizes = array<i64: 1, 4, 4, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x4x4x16xf32>
  %1 = quantir.slice %m {offsets = array<i64: 0, 0, 0, 16>, sizes = array<i64: 1, 4, 4, 16>, steps = array<i64: 1, 1, 1, 1>} : tensor<1x4x4x32xf32> -> tensor<1x4x4x16xf32>
  return %0, %1 : tensor<1x4x4x16xf32>, tensor<1x4x4x16xf32>
}

// The multipliers of the second half alone would have two bits more; those of real numbers stay as they are.
// CHECK-DAG: loc("q31"): [Missed] ProductWhole {{.*}}Reason="one shift serves all channels"
// CHECK-DAG: loc("real"): [Passed] ProductSplit
// IR-LABEL: @one_shift
// IR-COUNT-2: quantir.slice
// IR-NOT: quantir.slice
func.func @one_shift(%x: tensor<3x1x!x>) -> (tensor<3x16x!y>, tensor<3x16x!y>, tensor<3x16x!y>, tensor<3x16x!y>) {
  %w = quantir.constant dense<2> : tensor<32x1xi8> -> tensor<32x1x!w>
  %m = quantir.matmul %x, %w {transpose_rhs} : tensor<3x1x!x>, tensor<32x1x!w> -> tensor<3x32x!q> loc("q31")
  %r = quantir.requantize %m {q31} : tensor<3x32x!q> -> tensor<3x32x!y>
  %0 = quantir.slice %r {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32x!y> -> tensor<3x16x!y>
  %1 = quantir.slice %r {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32x!y> -> tensor<3x16x!y>
  %n = quantir.matmul %x, %w {transpose_rhs} : tensor<3x1x!x>, tensor<32x1x!w> -> tensor<3x32x!q> loc("real")
  %s = quantir.requantize %n : tensor<3x32x!q> -> tensor<3x32x!y>
  %2 = quantir.slice %s {offsets = array<i64: 0, 0>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32x!y> -> tensor<3x16x!y>
  %3 = quantir.slice %s {offsets = array<i64: 0, 16>, sizes = array<i64: 3, 16>, steps = array<i64: 1, 1>} : tensor<3x32x!y> -> tensor<3x16x!y>
  return %0, %1, %2, %3 : tensor<3x16x!y>, tensor<3x16x!y>, tensor<3x16x!y>, tensor<3x16x!y>
}
