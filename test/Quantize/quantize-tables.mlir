// RUN: quant-opt %s -split-input-file -quantir-quantize-tables=ignore=kept | FileCheck %s

// The columns' largest magnitudes are 254 and 1270: scales 2 and 10.
// CHECK: ![[$TABLE:.*]] = !quant.uniform<i8<-127:127>:f32:1, {2.000000e+00,1.000000e+01}>
// CHECK-NEXT: ![[$ROWS:.*]] = !quant.uniform<i8<-127:127>:f32:2, {2.000000e+00,1.000000e+01}>
// CHECK-LABEL: @gathers_bytes
// CHECK-SAME:  (%[[IDS:.*]]: tensor<1x3xi64>)
// CHECK-NEXT:  %[[T:.*]] = quantir.constant dense<{{.*}}[127, -127], [1, 0],{{.*}}> : tensor<16x2xi8> -> tensor<16x2x![[$TABLE]]>
// CHECK-NEXT:  %[[G:.*]] = quantir.gather %[[T]], %[[IDS]] {axis = 0 : i64}{{.*}} -> tensor<1x3x2x![[$ROWS]]>
// CHECK-NEXT:  %[[R:.*]] = quantir.dequantize %[[G]]
// CHECK-NEXT:  return %[[R]]
func.func @gathers_bytes(%ids: tensor<1x3xi64>) -> tensor<1x3x2xf32> {
  %t = quantir.constant dense<[[254.0, -1270.0], [2.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0],
                               [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]> : tensor<16x2xf32> -> tensor<16x2xf32>
  %y = quantir.gather %t, %ids {axis = 0 : i64} : tensor<16x2xf32>, tensor<1x3xi64> -> tensor<1x3x2xf32>
  return %y : tensor<1x3x2xf32>
}

// -----

// CHECK-LABEL: @keeps_a_small_table
// CHECK-NEXT:  quantir.constant {{.*}} : tensor<15x2xf32>
// CHECK-NEXT:  quantir.gather
// CHECK-NEXT:  return
func.func @keeps_a_small_table(%ids: tensor<3xi64>) -> tensor<3x2xf32> {
  %t = quantir.constant dense<1.0> : tensor<15x2xf32> -> tensor<15x2xf32>
  %y = quantir.gather %t, %ids {axis = 0 : i64} : tensor<15x2xf32>, tensor<3xi64> -> tensor<3x2xf32>
  return %y : tensor<3x2xf32>
}

// -----

// Its columns are what is gathered, and have no scale of their own then.
// CHECK-LABEL: @keeps_columns
// CHECK-NEXT:  quantir.constant {{.*}} : tensor<16x20xf32>
// CHECK-NEXT:  quantir.gather
func.func @keeps_columns(%ids: tensor<3xi64>) -> tensor<16x3xf32> {
  %t = quantir.constant dense<1.0> : tensor<16x20xf32> -> tensor<16x20xf32>
  %y = quantir.gather %t, %ids {axis = 1 : i64} : tensor<16x20xf32>, tensor<3xi64> -> tensor<16x3xf32>
  return %y : tensor<16x3xf32>
}

// -----

// CHECK-LABEL: @keeps_what_the_user_ignores
// CHECK-NEXT:  quantir.constant {{.*}} : tensor<16x2xf32>
func.func @keeps_what_the_user_ignores(%ids: tensor<3xi64>) -> tensor<3x2xf32> {
  %t = quantir.constant dense<1.0> : tensor<16x2xf32> -> tensor<16x2xf32>
  %y = quantir.gather %t, %ids {axis = 0 : i64} : tensor<16x2xf32>, tensor<3xi64> -> tensor<3x2xf32> loc("kept")
  return %y : tensor<3x2xf32>
}

// -----

// A table that another op reads in f32 stays for it.
// CHECK-LABEL: @keeps_the_table_of_another
// CHECK:       quantir.constant {{.*}} : tensor<16x2xf32>
// CHECK:       quantir.gather {{.*}}!
// CHECK:       quantir.abs
func.func @keeps_the_table_of_another(%ids: tensor<3xi64>) -> (tensor<3x2xf32>, tensor<16x2xf32>) {
  %t = quantir.constant dense<1.0> : tensor<16x2xf32> -> tensor<16x2xf32>
  %y = quantir.gather %t, %ids {axis = 0 : i64} : tensor<16x2xf32>, tensor<3xi64> -> tensor<3x2xf32>
  %z = quantir.abs %t : tensor<16x2xf32> -> tensor<16x2xf32>
  return %y, %z : tensor<3x2xf32>, tensor<16x2xf32>
}
