// The inner loops of the rows of InnerTiles for AArch64: instructions that multiply, most frequent
// first, loads, what widens, and the counter. The kernels of products.mlir are u8 by s8 that
// may leave 16 bits, that may not, f32, bf16, f16, and u8 by s8 of a single row; where a row
// does not ask, the first two are one kernel.

// RUN: sh %S/Inputs/inner-loops.sh aarch64-linux-gnu cortex-a76 | FileCheck %s --check-prefix=DOTPROD
// DOTPROD:    kernel_1_matmul: {{[0-9]+}} sdot{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne))+}}; no spill
// DOTPROD:    kernel_4_matmul: {{[0-9]+}} fmla{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne))+}}; no spill
// DOTPROD:    kernel_6_matmul: {{[0-9]+}} fmla{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne|and|shl))+}}; no spill
// DOTPROD:    kernel_7_matmul: {{[0-9]+}} fmla{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne|fcvtl))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh aarch64-linux-gnu neoverse-v1 | FileCheck %s --check-prefix=I8MM
// I8MM:       kernel_1_matmul: {{[0-9]+}} usmmla{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne))+}}; no spill
// I8MM:       kernel_6_matmul: [[SUMS:[0-9]+]] bfmlalb, [[SUMS]] bfmlalt{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne))+}}; no spill
// I8MM:       kernel_9_matmul: {{[0-9]+}} usdot{{(, [0-9]+ (ldp|ldr|ld1r|add|subs|cmp|b[.]ne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh aarch64-linux-gnu apple-m1 | FileCheck %s --check-prefix=APPLE
// APPLE:      kernel_1_matmul: {{[0-9]+}} sdot{{(, [0-9]+ (ldp|ldr|add|subs|cmp|b[.]ne))+}}; no spill

// RUN: sh %S/Inputs/inner-loops.sh aarch64-linux-gnu cortex-a53 | FileCheck %s --check-prefix=NEON
// NEON:       kernel_1_matmul: [[SUMS:[0-9]+]] sadalp, [[SUMS]] smlal2, [[SUMS]] smull{{(, [0-9]+ (eor|ldp|ldr|ldur|add|subs|cmp|b[.]ne))+}}; no spill
