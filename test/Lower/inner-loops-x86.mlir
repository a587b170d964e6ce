// The inner loop of every row of InnerTiles: products, loads and the counter. The kernels of
// products.mlir are u8 by s8 that may leave 16 bits, that may not, f32, bf16 and f16. Where a
// row does not ask, the first two are one kernel.

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu icelake-server | FileCheck %s --check-prefix=VNNI
// VNNI:       kernel_1_matmul: 28 vpdpbusd, 14 vpbroadcastd, 2 vmovdqu64, 1 addq, 1 jne, 1 subq; no spill
// VNNI:       kernel_4_matmul: 24 vfmadd231ps, 8 vbroadcastss, 3 vmovaps, 2 addq, 1 jne; no spill
// VNNI:       kernel_6_matmul: 42 vfmadd231ps, 10 vandps, 10 vpslld, 7 vbroadcastss, 3 vmovaps, 2 addq, 1 jne; no spill
// VNNI:       kernel_7_matmul: 24 vfmadd231ps, 8 vbroadcastss, 3 vcvtph2ps, 2 addq, 1 jne; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu cooperlake | FileCheck %s --check-prefix=BF16
// BF16:       kernel_6_matmul: 24 vdpbf16ps, 8 vbroadcastss, 3 vmovaps, 2 addq, 1 jne; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu skylake-avx512 | FileCheck %s --check-prefix=AVX512
// AVX512:     kernel_1_matmul: 24 vpaddd, 24 vpmaddwd, 6 vpbroadcastd, 6 vpmovzxbw, 4 vpmovsxbw, 1 addq, 1 jne, 1 subq; no spill
// AVX512:     kernel_2_matmul: 24 vpaddd, 24 vpmaddubsw, 24 vpmaddwd, 8 vpbroadcastd, 3 vmovdqa64, 2 addq, 1 jne; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu alderlake | FileCheck %s --check-prefix=AVXVNNI
// AVXVNNI:    kernel_1_matmul: 12 vpbroadcastd, 12 vpdpbusd, 1 addq, 1 cmpq, 1 jne, 1 vmovdqu; no spill

// RUN: sh %S/Inputs/inner-loops.sh x86_64-linux-gnu haswell | FileCheck %s --check-prefix=AVX2
// AVX2:       kernel_1_matmul: 12 vpaddd, 12 vpmaddwd, 6 vpbroadcastd, 6 vpmovzxbw, 2 vpmovsxbw, 1 addq, 1 cmpq, 1 jne; no spill
// AVX2:       kernel_2_matmul: 9 vpaddd, 9 vpmaddubsw, 9 vpmaddwd, 3 vmovdqa, 3 vpbroadcastd, 2 addq, 1 jne; no spill
// AVX2:       kernel_4_matmul: 12 vfmadd231ps, 6 vbroadcastss, 2 addq, 2 vmovaps, 1 jne; no spill
// AVX2:       kernel_7_matmul: 12 vfmadd231ps, 6 vbroadcastss, 2 vcvtph2ps, 1 addq, 1 cmpq, 1 jne; no spill
