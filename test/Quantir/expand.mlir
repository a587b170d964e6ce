// RUN: quant-opt %s --quantir-interpret | FileCheck %s
// RUN: quant-opt %s --canonicalize | FileCheck %s --check-prefix=FOLD

// CHECK-LABEL: @rows_and_columns
// CHECK{LITERAL}: quantir.constant dense<[[[1, 1, 1], [-2, -2, -2]], [[1, 1, 1], [-2, -2, -2]]]>
func.func @rows_and_columns() -> tensor<2x2x3xi32> {
  %x = quantir.constant dense<[[1], [-2]]> : tensor<2x1xi32> -> tensor<2x1xi32>
  %y = quantir.expand %x : tensor<2x1xi32> -> tensor<2x2x3xi32>
  return %y : tensor<2x2x3xi32>
}

// FOLD-LABEL: @drops_the_same_shape
// FOLD-SAME:    (%[[X:.*]]: tensor<2xf32>)
func.func @drops_the_same_shape(%x: tensor<2xf32>) -> tensor<2xf32> {
  // FOLD-NEXT: return %[[X]]
  %y = quantir.expand %x : tensor<2xf32> -> tensor<2xf32>
  return %y : tensor<2xf32>
}
