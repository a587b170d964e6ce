// RUN: quant-opt %s --quantir-interpret | FileCheck %s
// RUN: quant-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

// CHECK-LABEL: @keeps_the_order
// CHECK{LITERAL}: quantir.constant dense<[[1, 2], [3, -4], [-5, -6]]>
func.func @keeps_the_order() -> tensor<3x2xi32> {
  %x = quantir.constant dense<[[1, 2, 3], [-4, -5, -6]]> : tensor<2x3xi32> -> tensor<2x3xi32>
  %y = quantir.reshape %x : tensor<2x3xi32> -> tensor<3x2xi32>
  return %y : tensor<3x2xi32>
}

// FOLD-LABEL: @joins_two
// FOLD-SAME:    (%[[X:.*]]: tensor<2x3xf32>)
func.func @joins_two(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  // FOLD-NEXT: %[[Y:.*]] = quantir.reshape %[[X]] : tensor<2x3xf32> -> tensor<3x2xf32>
  // FOLD-NEXT: return %[[Y]]
  %a = quantir.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %b = quantir.reshape %a : tensor<6xf32> -> tensor<3x2xf32>
  return %b : tensor<3x2xf32>
}

// FOLD-LABEL: @drops_there_and_back
// FOLD-SAME:    (%[[X:.*]]: tensor<2x3xf32>)
func.func @drops_there_and_back(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  // FOLD-NEXT: return %[[X]]
  %a = quantir.reshape %x : tensor<2x3xf32> -> tensor<6xf32>
  %b = quantir.reshape %a : tensor<6xf32> -> tensor<2x3xf32>
  return %b : tensor<2x3xf32>
}
