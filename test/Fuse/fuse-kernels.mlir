// RUN: quant-opt %s -split-input-file -quantir-fuse-kernels | FileCheck %s

!acc = !quant.uniform<i32:f32:1, {0.5,0.25}>
!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.5,0.25}>

// Residual, scalar and two results: all in the kernel of the product. The scalar goes inside, the weights stay operands.
// CHECK-LABEL: @product_takes_its_epilogue
// CHECK-SAME:    (%[[X:.*]]: tensor<4x3x!{{.*}}>, %[[R:.*]]: tensor<4x2xf32>)
func.func @product_takes_its_epilogue(%x: tensor<4x3x!u8>, %residual: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2x!u8>) {
  // CHECK-NEXT: %[[W:.*]] = quantir.constant
  // CHECK-NEXT: %[[K:.*]]:2 = quantir.kernel(%[[X]], %[[W]], %[[R]]) {
  // CHECK:        quantir.constant dense<2.0
  // CHECK-NEXT:   quantir.matmul
  // CHECK-NEXT:   quantir.dequantize
  // CHECK-NEXT:   quantir.mul
  // CHECK-NEXT:   %[[S:.*]] = quantir.add
  // CHECK-NEXT:   %[[Q:.*]] = quantir.quantize
  // CHECK-NEXT:   quantir.yield %[[S]], %[[Q]]
  // CHECK: return %[[K]]#0, %[[K]]#1
  %w = quantir.constant dense<1> : tensor<3x2xi8> -> tensor<3x2x!w>
  %two = quantir.constant dense<2.0> : tensor<f32> -> tensor<f32>
  %a = quantir.matmul %x, %w : tensor<4x3x!u8>, tensor<3x2x!w> -> tensor<4x2x!acc>
  %f = quantir.dequantize %a : tensor<4x2x!acc> -> tensor<4x2xf32>
  %m = quantir.mul %f, %two : tensor<4x2xf32>, tensor<f32> -> tensor<4x2xf32>
  %s = quantir.add %m, %residual : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x2xf32>
  %q = quantir.quantize %s : tensor<4x2xf32> -> tensor<4x2x!u8>
  return %s, %q : tensor<4x2xf32>, tensor<4x2x!u8>
}

// -----

// The first product cannot take the add: it would need the second, which needs it.
// CHECK-LABEL: @no_cycles
func.func @no_cycles(%x: tensor<3x3xf32>, %w: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK-NEXT: %[[A:.*]] = quantir.kernel
  // CHECK:        quantir.matmul
  // CHECK-NEXT:   quantir.yield
  // CHECK: %[[B:.*]] = quantir.kernel(%[[A]]
  // CHECK:        quantir.matmul
  // CHECK-NEXT:   quantir.add
  // CHECK-NEXT:   quantir.yield
  // CHECK: return %[[B]]
  %a = quantir.matmul %x, %w : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %b = quantir.matmul %a, %w : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %s = quantir.add %a, %b : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  return %s : tensor<3x3xf32>
}

// -----

// The kernel of the first product reads the second: it moves behind it.
// CHECK-LABEL: @orders_kernels_by_dependence
func.func @orders_kernels_by_dependence(%x: tensor<3x3xf32>, %w: tensor<3x3xf32>) -> tensor<3x3xf32> {
  // CHECK-NEXT: %[[B:.*]] = quantir.kernel
  // CHECK-NEXT: ^bb0
  // CHECK-NEXT:   quantir.matmul {{.*}} {transpose_rhs}
  // CHECK-NEXT:   quantir.yield
  // CHECK: %[[A:.*]] = quantir.kernel(%{{.*}}, %[[B]])
  // CHECK: return %[[A]]
  %a = quantir.matmul %x, %w : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %b = quantir.matmul %x, %w {transpose_rhs} : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  %s = quantir.sub %a, %b : tensor<3x3xf32>, tensor<3x3xf32> -> tensor<3x3xf32>
  return %s : tensor<3x3xf32>
}

// -----

// CHECK-LABEL: @rows_take_a_prologue
func.func @rows_take_a_prologue(%x: tensor<2x4xf32>, %mask: tensor<4xf32>) -> tensor<2x4xf32> {
  // CHECK-NEXT: quantir.kernel(%{{.*}}, %{{.*}}) {
  // CHECK:        quantir.add
  // CHECK-NEXT:   quantir.softmax
  // CHECK-NEXT:   quantir.mul
  // CHECK-NEXT:   quantir.yield
  %c = quantir.constant dense<3.0> : tensor<2x4xf32> -> tensor<2x4xf32>
  %a = quantir.add %x, %mask : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  %s = quantir.softmax %a : tensor<2x4xf32> -> tensor<2x4xf32>
  %m = quantir.mul %s, %c : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  return %m : tensor<2x4xf32>
}

// -----

// CHECK-LABEL: @prologue_has_one_reader
func.func @prologue_has_one_reader(%x: tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2xf32>) {
  // CHECK-COUNT-2: quantir.kernel
  %a = quantir.relu %x : tensor<2x4xf32> -> tensor<2x4xf32>
  %s = quantir.reduce <sum> %a {axes = array<i64: 1>} : tensor<2x4xf32> -> tensor<2xf32>
  return %a, %s : tensor<2x4xf32>, tensor<2xf32>
}

// -----

!u8 = !quant.uniform<u8:f32, 0.5:3>

// The input of an image network: transposed and quantized in one pass over it.
// CHECK-LABEL: @transpose_quantizes
func.func @transpose_quantizes(%x: tensor<1x3x4x4xf32>) -> tensor<1x4x4x3x!u8> {
  // CHECK-NEXT: quantir.kernel
  // CHECK:        quantir.transpose
  // CHECK-NEXT:   quantir.quantize
  // CHECK-NEXT:   quantir.yield
  %t = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x4x4xf32> -> tensor<1x4x4x3xf32>
  %q = quantir.quantize %t : tensor<1x4x4x3xf32> -> tensor<1x4x4x3x!u8>
  return %q : tensor<1x4x4x3x!u8>
}

// -----

// One group of elementwise ops; the smaller one beside it has its own kernel; reshapes stay outside.
// CHECK-LABEL: @elementwise_groups
func.func @elementwise_groups(%x: tensor<2x4xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  // CHECK: %[[Y:.*]] = quantir.kernel(%{{.*}}) {
  // CHECK:        quantir.exp
  // CHECK-NEXT:   quantir.yield
  // CHECK: %[[R:.*]] = quantir.kernel(%{{.*}}, %[[Y]]) {
  // CHECK:        quantir.neg
  // CHECK:        quantir.add
  // CHECK-NEXT:   quantir.yield
  // CHECK: quantir.reshape %[[R]]
  %e = quantir.exp %y : tensor<4xf32> -> tensor<4xf32>
  %n = quantir.neg %x : tensor<2x4xf32> -> tensor<2x4xf32>
  %m = quantir.mul %n, %e : tensor<2x4xf32>, tensor<4xf32> -> tensor<2x4xf32>
  %a = quantir.abs %x : tensor<2x4xf32> -> tensor<2x4xf32>
  %s = quantir.add %m, %a : tensor<2x4xf32>, tensor<2x4xf32> -> tensor<2x4xf32>
  %r = quantir.reshape %s : tensor<2x4xf32> -> tensor<8xf32>
  return %r : tensor<8xf32>
}

// -----

!acc = !quant.uniform<i32:f32:1, {0.5,0.25}>
!u8 = !quant.uniform<u8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>

// The first product yields bytes alone; the residual is read as bytes where it is added.
// CHECK-LABEL: @codes_are_read_where_they_are_added
// CHECK-SAME:    (%[[X:.*]]: tensor
func.func @codes_are_read_where_they_are_added(%x: tensor<4x2x!u8>) -> tensor<4x2xf32> {
  // CHECK: %[[Q:.*]] = quantir.kernel(%[[X]]
  // CHECK:   quantir.matmul
  // CHECK:   %[[C:.*]] = quantir.requantize
  // CHECK-NEXT:   quantir.yield %[[C]] :
  // CHECK: quantir.kernel(%[[Q]]
  // CHECK-DAG:   quantir.matmul
  // CHECK-DAG:   %[[R:.*]] = quantir.dequantize %{{.*}} : tensor<4x2x!{{.*}}> -> tensor<4x2xf32>
  // CHECK:       %[[S:.*]] = quantir.add
  // CHECK-NEXT:  quantir.yield %[[S]]
  %w = quantir.constant dense<1> : tensor<2x2xi8> -> tensor<2x2x!w>
  %a = quantir.matmul %x, %w {transpose_rhs} : tensor<4x2x!u8>, tensor<2x2x!w> -> tensor<4x2x!acc>
  %q = quantir.requantize %a : tensor<4x2x!acc> -> tensor<4x2x!u8>
  %b = quantir.matmul %q, %w {transpose_rhs} : tensor<4x2x!u8>, tensor<2x2x!w> -> tensor<4x2x!acc>
  %f = quantir.dequantize %b : tensor<4x2x!acc> -> tensor<4x2xf32>
  %r = quantir.dequantize %q : tensor<4x2x!u8> -> tensor<4x2xf32>
  %s = quantir.add %f, %r : tensor<4x2xf32>, tensor<4x2xf32> -> tensor<4x2xf32>
  return %s : tensor<4x2xf32>
}
