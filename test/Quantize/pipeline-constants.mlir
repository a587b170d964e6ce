// RUN: quant-opt %s -quantir-quantize-pipeline | FileCheck %s

// The quantize of the joined tensor goes to its parts, and a constant part becomes codes at once:
// 0.5 is the code 64 of scale 2 / 255.
// CHECK-LABEL: @main
// CHECK-DAG:   quantir.constant dense<64> : tensor<1x2x2x1xi8> -> tensor<1x2x2x1x!quant.uniform<u8:f32
// CHECK:       quantir.quantize %arg0
// CHECK-NOT:   quantir.quantize
// CHECK:       quantir.concat
// CHECK-NEXT:  quantir.conv
module attributes {quantir.ranges = {"join:0" = array<f64: 0.0, 2.0>}} {
func.func @main(%x: tensor<1x2x2x1xf32> loc("x")) -> tensor<1x2x2x1xf32> {
  %w = quantir.constant dense<0.5> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
  %c = quantir.constant dense<0.5> : tensor<1x2x2x1xf32> -> tensor<1x2x2x1xf32>
  %a = quantir.concat %x, %c {axis = 3 : i64} : tensor<1x2x2x1xf32>, tensor<1x2x2x1xf32> -> tensor<1x2x2x2xf32> loc("join")
  %y = quantir.conv %a, %w : tensor<1x2x2x2xf32>, tensor<1x1x1x2xf32> -> tensor<1x2x2x1xf32> loc("conv")
  return %y : tensor<1x2x2x1xf32>
}
}
