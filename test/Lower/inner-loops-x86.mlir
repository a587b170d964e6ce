// The inner loops of the rows of InnerTiles for x86-64: instructions that multiply, most frequent
// first, loads, what widens, and the counter. The kernels of products.mlir are u8 by s8 that
// may leave 16 bits, that may not, f32, bf16 and f16; where a row does not ask, the first two
// are one kernel.

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu icelake-server | FileCheck %s --check-prefix=VNNI
// VNNI:       kernel_1_matmul: {{[0-9]+}} vpdpbusd{{(, [0-9]+ (vpbroadcastd|vmovdq[au]64|addq|subq|cmpq|jne))+}}; no spill
// VNNI:       kernel_4_matmul: {{[0-9]+}} vfmadd231ps{{(, [0-9]+ (vbroadcastss|vmovaps|addq|subq|cmpq|jne))+}}; no spill
// VNNI:       kernel_6_matmul: {{[0-9]+}} vfmadd231ps{{(, [0-9]+ (vandps|vpslld|vbroadcastss|vmovaps|addq|subq|cmpq|jne))+}}; no spill
// VNNI:       kernel_7_matmul: {{[0-9]+}} vfmadd231ps{{(, [0-9]+ (vbroadcastss|vcvtph2ps|addq|subq|cmpq|jne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu cooperlake | FileCheck %s --check-prefix=BF16
// BF16:       kernel_6_matmul: {{[0-9]+}} vdpbf16ps{{(, [0-9]+ (vbroadcastss|vmovaps|addq|subq|cmpq|jne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu skylake-avx512 | FileCheck %s --check-prefix=AVX512
// AVX512:     kernel_1_matmul: [[SUMS:[0-9]+]] vpaddd, [[SUMS]] vpmaddwd{{(, [0-9]+ (vpbroadcastd|vpmovzxbw|vpmovsxbw|addq|subq|cmpq|jne))+}}; no spill
// AVX512:     kernel_2_matmul: [[SUMS:[0-9]+]] vpaddd, [[SUMS]] vpmaddubsw, [[SUMS]] vpmaddwd{{(, [0-9]+ (vpbroadcastd|vmovdqa64|addq|subq|cmpq|jne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu alderlake | FileCheck %s --check-prefix=AVXVNNI
// AVXVNNI:    kernel_1_matmul: [[SUMS:[0-9]+]] vpbroadcastd, [[SUMS]] vpdpbusd{{(, [0-9]+ (vmovdq[au]|addq|subq|cmpq|jne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu haswell | FileCheck %s --check-prefix=AVX2
// AVX2:       kernel_1_matmul: [[SUMS:[0-9]+]] vpaddd, [[SUMS]] vpmaddwd{{(, [0-9]+ (vpbroadcastd|vpmovzxbw|vpmovsxbw|addq|subq|cmpq|jne))+}}; no spill
// AVX2:       kernel_2_matmul: [[SUMS:[0-9]+]] vpaddd, [[SUMS]] vpmaddubsw, [[SUMS]] vpmaddwd{{(, [0-9]+ (vpbroadcastd|vmovdqa|addq|subq|cmpq|jne))+}}; no spill
// AVX2:       kernel_4_matmul: {{[0-9]+}} vfmadd231ps{{(, [0-9]+ (vbroadcastss|vmovaps|addq|subq|cmpq|jne))+}}; no spill
// AVX2:       kernel_7_matmul: {{[0-9]+}} vfmadd231ps{{(, [0-9]+ (vbroadcastss|vcvtph2ps|addq|subq|cmpq|jne))+}}; no spill
