// RUN: quant-opt %s -quantir-lower-kernels="triple=aarch64-linux-gnu cpu=cortex-a55" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=aarch64-linux-gnu -mcpu=cortex-a55 | llc -mtriple=aarch64-linux-gnu -relocation-model=pic -mcpu=cortex-a55 | FileCheck %s --check-prefixes=CHECK,DOTPROD
// RUN: quant-opt %s -quantir-lower-kernels="triple=aarch64-linux-gnu cpu=cortex-a510" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=aarch64-linux-gnu -mcpu=cortex-a510 | llc -mtriple=aarch64-linux-gnu -relocation-model=pic -mcpu=cortex-a510 | FileCheck %s --check-prefixes=CHECK,I8MM
// RUN: quant-opt %s -quantir-lower-kernels="triple=aarch64-linux-gnu cpu=cortex-a53" -quantir-share-kernels -quantir-plan-memory -quantir-merge-constants -quantir-lower-to-llvm -o - \
// RUN:   | mlir-translate --mlir-to-llvmir | opt -O2 -mtriple=aarch64-linux-gnu -mcpu=cortex-a53 | llc -mtriple=aarch64-linux-gnu -relocation-model=pic -mcpu=cortex-a53 | FileCheck %s --check-prefixes=CHECK,NEON

!codes = !quant.uniform<u8:f32, 0.5:3>
!fine = !quant.uniform<i16:f32, 0.001>
!weights = !quant.uniform<i8<-127:127>:f32, 0.5>
!sums = !quant.uniform<i32:f32, 0.25>
func.func @main(%x: tensor<4096x!codes>, %t: tensor<256x!codes>, %image: tensor<1x35x35x64x!codes>, %real: tensor<4096xf32>, %fine: tensor<4096x!fine>)
    -> (tensor<4096x!codes>, tensor<1x33x33x64x!codes>, tensor<4096x!codes>, tensor<4096x!fine>) {
  // Two vectors side by side, the table in registers.
  // CHECK-LABEL: {{^kernel_[0-9]+_lookup}}:
  // CHECK:       [[LOOKUP:.LBB[0-9_]+]]:
  // CHECK-NOT:   {{sp|umov|ldrb}}
  // CHECK-COUNT-2: tbl v{{.*}}.16b
  // CHECK-COUNT-6: tbx v{{.*}}.16b
  // CHECK-NOT:   {{sp|umov|ldrb|tbx}}
  // CHECK:       b{{.*}} [[LOOKUP]]
  %found = quantir.kernel (%x, %t) {
  ^bb0(%a: tensor<4096x!codes>, %b: tensor<256x!codes>):
    %r = quantir.lookup %a, %b : tensor<4096x!codes>, tensor<256x!codes> -> tensor<4096x!codes>
    quantir.yield %r : tensor<4096x!codes>
  } : (tensor<4096x!codes>, tensor<256x!codes>) -> tensor<4096x!codes>

  // Three windows a turn: a new column each, and sums that leave by saturating narrowing.
  // CHECK-LABEL:      {{^kernel_[0-9]+_depthwise}}:
  // I8MM-NOT:         eor v
  // DOTPROD:          eor v
  // DOTPROD:          zip1 v
  // I8MM:             zip1 v
  // DOTPROD-COUNT-36: sdot v
  // I8MM-COUNT-36:    usdot v
  // NEON-COUNT-54:    smlal{{2?}} v
  // CHECK-NOT:        {{sdot|smlal|[[:space:]]mul v|mla v}}
  // CHECK:            sqxtun{{2?}} v
  // CHECK-NOT:        {{sdot|smlal|[[:space:]]mul v|mla v}}
  %filter = quantir.constant dense<7> : tensor<64x3x3x1xi8> -> tensor<64x3x3x1x!weights>
  %sums = quantir.kernel (%image, %filter) {
  ^bb0(%a: tensor<1x35x35x64x!codes>, %b: tensor<64x3x3x1x!weights>):
    %s = quantir.conv %a, %b {groups = 64 : i64} : tensor<1x35x35x64x!codes>, tensor<64x3x3x1x!weights> -> tensor<1x33x33x64x!sums>
    %r = quantir.requantize %s : tensor<1x33x33x64x!sums> -> tensor<1x33x33x64x!codes>
    quantir.yield %r : tensor<1x33x33x64x!codes>
  } : (tensor<1x35x35x64x!codes>, tensor<64x3x3x1x!weights>) -> tensor<1x33x33x64x!codes>

  // A register of codes at a time.
  // CHECK-LABEL:   {{^kernel_[0-9]+_quantize}}:
  // CHECK:         [[QUANTIZE:.LBB[0-9_]+]]:
  // CHECK-COUNT-4: fcvtns v
  // CHECK-NOT:     {{sp|umov|fcvtns}}
  // CHECK:         uzp1 v
  // CHECK:         str q
  // CHECK:         b{{.*}} [[QUANTIZE]]
  %quantized = quantir.kernel (%real) {
  ^bb0(%a: tensor<4096xf32>):
    %r = quantir.quantize %a : tensor<4096xf32> -> tensor<4096x!codes>
    quantir.yield %r : tensor<4096x!codes>
  } : (tensor<4096xf32>) -> tensor<4096x!codes>

  // Products of codes of 16 bits have 32; those with the factor are not taken apart.
  // CHECK-LABEL: {{^kernel_[0-9]+_elementwise}}:
  // CHECK:       [[MUL:.LBB[0-9_]+]]:
  // CHECK-NOT:   {{umov|fmov|[[:space:]]mul x|\.2d, v}}
  // CHECK:       smull2 v
  // CHECK-NOT:   {{umov|fmov|[[:space:]]mul x}}
  // CHECK:       b{{.*}} [[MUL]]
  %product = quantir.kernel (%fine) {
  ^bb0(%a: tensor<4096x!fine>):
    %r = quantir.mul %a, %a : tensor<4096x!fine>, tensor<4096x!fine> -> tensor<4096x!fine>
    quantir.yield %r : tensor<4096x!fine>
  } : (tensor<4096x!fine>) -> tensor<4096x!fine>
  return %found, %sums, %quantized, %product : tensor<4096x!codes>, tensor<1x33x33x64x!codes>, tensor<4096x!codes>, tensor<4096x!fine>
}
