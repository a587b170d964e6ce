// RUN: quant-opt %s -quantir-quantize="never-slower=3 triple=x86_64-linux-gnu cpu=x86-64 features=+fma" -remarks-filter=quantir-quantize -remark-format=emitRemark 2>&1 | FileCheck %s --check-prefix=FLOATS
// RUN: quant-opt %s -quantir-quantize="never-slower=3 triple=x86_64-linux-gnu cpu=znver4" | FileCheck %s --check-prefix=CODES
// RUN: quant-opt %s -quantir-quantize="triple=x86_64-linux-gnu cpu=x86-64 features=+fma" | FileCheck %s --check-prefix=CODES
// RUN: quant-opt %s -quantir-quantize="never-slower=1.1 triple=x86_64-linux-gnu cpu=skylake-avx512" | FileCheck %s --check-prefix=CODES

// Without an instruction for codes, but with one for floats, codes lose.
// FLOATS: [Missed] StaysFloat {{.*}}Reason="codes would be slower on x86-64: {{[0-9.]+}} us instead of {{[0-9.]+}} in f32, by the cost model"
// FLOATS: quantir.matmul {{.*}} -> tensor<64x64xf32>
// CODES: quantir.matmul {{.*}} : tensor<64x256x!quant.uniform
module attributes {quantir.ranges = {"argument0:0" = array<f64: -1.0, 1.0>}} {
  func.func @main(%x: tensor<64x256xf32>) -> tensor<64x64xf32> {
    %w = quantir.constant dense<0.5> : tensor<256x64xf32> -> tensor<256x64xf32>
    %y = quantir.matmul %x, %w : tensor<64x256xf32>, tensor<256x64xf32> -> tensor<64x64xf32>
    return %y : tensor<64x64xf32>
  }
}
