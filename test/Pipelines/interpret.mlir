// RUN: quant-opt %s --quantir-interpret | FileCheck %s
// RUN: quant-opt %s --quantir-interpret=function=main | FileCheck %s --check-prefix=ONE
// RUN: rm -rf %t && mkdir %t
// RUN: %python -c "import numpy; numpy.savez('%t/x.npz', x=numpy.float32([[1, -2], [3, 4], [-5, 6]]))"
// RUN: quant-opt %s --quantir-interpret="function=scale input=%t/x.npz output=%t/y.npz" > /dev/null
// RUN: %python -c "import numpy; print(numpy.load('%t/y.npz')['y'].tolist())" | FileCheck %s --check-prefix=FILE

// FILE{LITERAL}: [[2.0, -4.0], [6.0, 8.0], [-10.0, 12.0]]

// CHECK-LABEL: @main
// CHECK-NEXT:  %[[A:.*]] = quantir.constant dense<3.000000e+00>
// CHECK-NEXT:  %[[B:.*]] = quantir.constant dense<1.000000e+00>
// CHECK-NEXT:  return %[[A]], %[[B]]
func.func @main() -> (tensor<f32>, tensor<f32>) {
  %x = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %y = quantir.add %x, %x : tensor<f32>, tensor<f32> -> tensor<f32>
  %z = quantir.add %x, %y : tensor<f32>, tensor<f32> -> tensor<f32>
  return %z, %x : tensor<f32>, tensor<f32>
}

// CHECK-LABEL: @other
// CHECK:       dense<-1.000000e+00>
// ONE-LABEL:   @other
// ONE:         quantir.neg
func.func @other() -> tensor<f32> {
  %x = quantir.constant dense<1.0> : tensor<f32> -> tensor<f32>
  %y = quantir.neg %x : tensor<f32> -> tensor<f32>
  return %y : tensor<f32>
}

// CHECK-LABEL: @scale
// CHECK:       quantir.add
func.func @scale(%x: tensor<1x2xf32> {quantir.name = "x"}) -> (tensor<1x2xf32> {quantir.name = "y"}) {
  %y = quantir.add %x, %x : tensor<1x2xf32>, tensor<1x2xf32> -> tensor<1x2xf32>
  return %y : tensor<1x2xf32>
}
