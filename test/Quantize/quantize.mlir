// RUN: quant-opt %s -split-input-file -quantir-quantize | FileCheck %s

// 255 steps of 1/80; the scales of the weights are 1/127 and 2/127, those of accumulators and bias their products with it.
// CHECK-DAG: ![[$W:.*]] = !quant.uniform<i8<-127:127>:f32:0, {0.0078740157186985015,0.015748031437397003}>
// CHECK-DAG: ![[$B:.*]] = !quant.uniform<i32:f32:0, {9.8425197{{.*}}E-5,1.9685039{{.*}}E-4}>
// CHECK-DAG: ![[$ACC:.*]] = !quant.uniform<i32:f32:3, {9.8425197{{.*}}E-5,1.9685039{{.*}}E-4}>
// CHECK-LABEL: @conv_per_channel
module attributes {quantir.ranges = {"x:0" = array<f64: -1.0, 2.1875>}} {
  func.func @conv_per_channel(%x: tensor<1x2x2x2xf32> loc("x")) -> tensor<1x2x2x2xf32> {
    // CHECK-DAG: %[[Q:.*]] = quantir.quantize %{{.*}}x!quant.uniform<u8:f32, {{1.250000e-02|0.012500000186264515}}:80>>
    // CHECK-DAG: %[[CW:.*]] = quantir.constant dense<{{\[\[\[\[127, -64\]\]\], \[\[\[32, -127\]\]\]\]}}> : tensor<2x1x1x2xi8> -> tensor<2x1x1x2x![[$W]]>
    // CHECK-DAG: %[[CB:.*]] = quantir.constant dense<[10160, -5080]> : tensor<2xi32> -> tensor<2x![[$B]]>
    // CHECK: %[[A:.*]] = quantir.conv %[[Q]], %[[CW]] bias %[[CB]] {{.*}} -> tensor<1x2x2x2x![[$ACC]]>
    // CHECK: %[[R:.*]] = quantir.dequantize %[[A]]
    // CHECK: return %[[R]]
    %w = quantir.constant dense<[[[[1.0, -0.5]]], [[[0.5, -2.0]]]]> : tensor<2x1x1x2xf32> -> tensor<2x1x1x2xf32>
    %b = quantir.constant dense<[1.0, -1.0]> : tensor<2xf32> -> tensor<2xf32>
    %r = quantir.conv %x, %w bias %b : tensor<1x2x2x2xf32>, tensor<2x1x1x2xf32>, tensor<2xf32> -> tensor<1x2x2x2xf32>
    return %r : tensor<1x2x2x2xf32>
  }
}

// -----

// The left factor has a zero point, the right one is symmetric.
// CHECK-LABEL: @matmul_of_activations
module attributes {quantir.ranges = {"a:0" = array<f64: 0.0, 255.0>, "b:0" = array<f64: -0.25, 63.5>}} {
  func.func @matmul_of_activations(%a: tensor<2x3xf32> loc("a"), %b: tensor<3x2xf32> loc("b")) -> tensor<2x2xf32> {
    // CHECK-DAG: quantir.quantize %{{.*}} -> tensor<2x3x!quant.uniform<u8:f32, 1.000000e+00>>
    // CHECK-DAG: quantir.quantize %{{.*}} -> tensor<3x2x!quant.uniform<i8<-127:127>:f32, 5.000000e-01>>
    // CHECK: quantir.matmul {{.*}} -> tensor<2x2x!quant.uniform<i32:f32, 5.000000e-01>>
    %r = quantir.matmul %a, %b : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
    return %r : tensor<2x2xf32>
  }
}

// -----

// What calibration saw of a product still holds when the product computes on codes.
// CHECK-LABEL: @product_of_a_product
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>, "view:0" = array<f64: 0.0, 510.0>}} {
  func.func @product_of_a_product(%x: tensor<1x2xf32> loc("x")) -> tensor<2x1xf32> {
    // CHECK: %[[A:.*]] = quantir.matmul
    // CHECK: %[[F:.*]] = quantir.dequantize %[[A]]
    // CHECK: %[[S:.*]] = quantir.reshape %[[F]]
    // CHECK: quantir.quantize %[[S]] {{.*}}!quant.uniform<u8:f32, 2.000000e+00>>
    %w = quantir.constant dense<1.0> : tensor<2x2xf32> -> tensor<2x2xf32>
    %v = quantir.constant dense<1.0> : tensor<1x1xf32> -> tensor<1x1xf32>
    %a = quantir.matmul %x, %w : tensor<1x2xf32>, tensor<2x2xf32> -> tensor<1x2xf32> loc("first")
    %s = quantir.reshape %a : tensor<1x2xf32> -> tensor<2x1xf32> loc("view")
    %b = quantir.matmul %s, %v : tensor<2x1xf32>, tensor<1x1xf32> -> tensor<2x1xf32> loc("second")
    return %b : tensor<2x1xf32>
  }
}

// -----

// A softmax that was not observed lies in [0, 1].
// CHECK-LABEL: @fixed_range_needs_no_statistics
module attributes {quantir.scales = {"x:0" = {scale = 2.0 : f32, zero_point = 3 : i32, symmetric = 4.0 : f32}}} {
  func.func @fixed_range_needs_no_statistics(%s: tensor<2x3xf32> loc("s"), %x: tensor<3x2xf32> loc("x")) -> tensor<2x2xf32> {
    // CHECK: %[[P:.*]] = quantir.softmax
    // CHECK: quantir.quantize %[[P]] {{.*}}!quant.uniform<u8:f32, 0.0039215688593685627>>
    // CHECK: quantir.matmul
    // CHECK-SAME: !quant.uniform<i8<-127:127>:f32, 4.000000e+00>>
    %p = quantir.softmax %s : tensor<2x3xf32> -> tensor<2x3xf32> loc("p")
    %r = quantir.matmul %p, %x : tensor<2x3xf32>, tensor<3x2xf32> -> tensor<2x2xf32>
    return %r : tensor<2x2xf32>
  }
}

// -----

// At scale 127 the bias would be 2^31 steps: the weight's scale grows until it is 2^30.
// CHECK: !quant.uniform<i8<-127:127>:f32:1, {2.540000e+02}>
// CHECK-LABEL: @bias_widens_weights
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>}} {
  func.func @bias_widens_weights(%x: tensor<1x1xf32> loc("x")) -> tensor<1x1xf32> {
    // CHECK-DAG: dense<64> : tensor<1x1xi8>
    // CHECK-DAG: dense<1073741824> : tensor<1xi32>
    %w = quantir.constant dense<16129.0> : tensor<1x1xf32> -> tensor<1x1xf32>
    %b = quantir.constant dense<272730423296.0> : tensor<1xf32> -> tensor<1xf32>
    %r = quantir.matmul %x, %w bias %b : tensor<1x1xf32>, tensor<1x1xf32>, tensor<1xf32> -> tensor<1x1xf32>
    return %r : tensor<1x1xf32>
  }
}

// -----

// CHECK-LABEL: @varying_bias_stays_float
// CHECK-SAME:    %[[B:[a-z0-9]*]]: tensor<2xf32>)
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>}} {
  func.func @varying_bias_stays_float(%x: tensor<1x1xf32> loc("x"), %b: tensor<2xf32>) -> tensor<1x2xf32> {
    // CHECK: %[[A:.*]] = quantir.matmul %{{[^,]*}}, %{{[^, ]*}} : tensor
    // CHECK: %[[R:.*]] = quantir.dequantize %[[A]]
    // CHECK: quantir.add %[[R]], %[[B]]
    %w = quantir.constant dense<1.0> : tensor<1x2xf32> -> tensor<1x2xf32>
    %r = quantir.matmul %x, %w bias %b : tensor<1x1xf32>, tensor<1x2xf32>, tensor<2xf32> -> tensor<1x2xf32>
    return %r : tensor<1x2xf32>
  }
}

// -----

// The mean of sixteen codes is their sum at a sixteenth of the scale.
// CHECK-LABEL: @spatial_mean
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>, "relu:0" = array<f64: 0.0, 510.0>}} {
  func.func @spatial_mean(%x: tensor<1x4x4x1xf32> loc("x")) -> tensor<1x1xf32> {
    // CHECK: quantir.reduce <mean> {{.*}}tensor<1x4x4x1x!quant.uniform<u8:f32, 2.000000e+00>> -> tensor<1x1x!quant.uniform<i32:f32, 1.250000e-01>>
    %w = quantir.constant dense<1.0> : tensor<1x1x1x1xf32> -> tensor<1x1x1x1xf32>
    %c = quantir.conv %x, %w : tensor<1x4x4x1xf32>, tensor<1x1x1x1xf32> -> tensor<1x4x4x1xf32> loc("conv")
    %r = quantir.relu %c : tensor<1x4x4x1xf32> -> tensor<1x4x4x1xf32> loc("relu")
    %m = quantir.reduce <mean> %r {axes = array<i64: 1, 2>} : tensor<1x4x4x1xf32> -> tensor<1x1xf32>
    return %m : tensor<1x1xf32>
  }
}

// -----

// 0.3 becomes 38/127 and loses 1/1270, times the mean 127 of its channel: 0.1, or 12.7 steps of 1/127, which the bias makes up for.
// With padding below, the tap sees the image half of the time.
// CHECK-LABEL: @bias_makes_up_for_rounding
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>},
    quantir.channels = {"x:0" = {low = array<f32: 0.0, 0.0>, high = array<f32: 255.0, 255.0>, mean = array<f32: 4.0, 127.0>}}} {
  func.func @bias_makes_up_for_rounding(%x: tensor<1x1x1x2xf32> loc("x")) -> (tensor<1x1x1x1xf32>, tensor<1x2x1x1xf32>) {
    // CHECK-DAG: quantir.constant dense<13> : tensor<1xi32>
    // CHECK-DAG: quantir.constant dense<133> : tensor<1xi32>
    %w = quantir.constant dense<[[[[1.0, 0.3]]]]> : tensor<1x1x1x2xf32> -> tensor<1x1x1x2xf32>
    %b = quantir.constant dense<1.0> : tensor<1xf32> -> tensor<1xf32>
    %r = quantir.conv %x, %w : tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32> -> tensor<1x1x1x1xf32>
    %s = quantir.conv %x, %w bias %b {pads = array<i64: 0, 0, 1, 0>} : tensor<1x1x1x2xf32>, tensor<1x1x1x2xf32>, tensor<1xf32> -> tensor<1x2x1x1xf32>
    return %r, %s : tensor<1x1x1x1xf32>, tensor<1x2x1x1xf32>
  }
}

// -----

// The rows of a sequence have means of their own; a single row is corrected.
// CHECK-LABEL: @rows_keep_their_bias
module attributes {quantir.ranges = {"x:0" = array<f64: 0.0, 255.0>, "y:0" = array<f64: 0.0, 255.0>},
    quantir.channels = {"x:0" = {low = array<f32: 0.0, 0.0>, high = array<f32: 255.0, 255.0>, mean = array<f32: 4.0, 127.0>},
                        "y:0" = {low = array<f32: 0.0, 0.0>, high = array<f32: 255.0, 255.0>, mean = array<f32: 4.0, 127.0>}}} {
  func.func @rows_keep_their_bias(%x: tensor<2x2xf32> loc("x"), %y: tensor<1x2xf32> loc("y")) -> (tensor<2x1xf32>, tensor<1x1xf32>) {
    // CHECK: quantir.matmul %{{[^ ]*}}, %{{[^ ]*}} : tensor<2x2
    // CHECK: %[[B:.*]] = quantir.constant dense<13> : tensor<1xi32>
    // CHECK: quantir.matmul {{.*}} bias %[[B]]
    %w = quantir.constant dense<[[1.0], [0.3]]> : tensor<2x1xf32> -> tensor<2x1xf32>
    %r = quantir.matmul %x, %w : tensor<2x2xf32>, tensor<2x1xf32> -> tensor<2x1xf32>
    %s = quantir.matmul %y, %w : tensor<1x2xf32>, tensor<2x1xf32> -> tensor<1x1xf32>
    return %r, %s : tensor<2x1xf32>, tensor<1x1xf32>
  }
}
