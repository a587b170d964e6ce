#ifndef QUANTIR_LOWER_PASSES_TD
#define QUANTIR_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsPass : Pass<"quantir-lower-kernels", "mlir::ModuleOp"> {
  let summary = "Kernels over tensors to functions over buffers, for one processor";
  let description = [{
    Every `quantir.kernel` of `@main` becomes a function that computes one tile, in vector code for the
    target's instructions, and a `quantir.launch`. `@main` then takes one flat buffer for each input and each
    output, and the run's context. Tensors between kernels become `memref.alloc`; constants become globals, weights in the
    order in which the inner tile reads them.

    Before:

    ```mlir
    func.func @main(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
      %r = quantir.kernel (%x) {
      ^bb0(%a: tensor<2x8xf32>):
        %t = quantir.relu %a : tensor<2x8xf32> -> tensor<2x8xf32>
        quantir.yield %t : tensor<2x8xf32>
      } : (tensor<2x8xf32>) -> tensor<2x8xf32>
      return %r : tensor<2x8xf32>
    }
    ```
    After: `func.func @main(%x: memref<16xf32>, %y: memref<16xf32>, %context: !llvm.ptr)` with
    `quantir.launch @kernel_0_elementwise tiles 1 (%x, %y)`.
  }];
  let options = [
    Option<"triple", "triple", "std::string", /*default=*/"", "Target triple; empty: this machine.">,
    Option<"cpu", "cpu", "std::string", /*default=*/"", "Processor; empty: this machine's.">,
    Option<"features", "features", "std::string", /*default=*/"", "Features to add or remove: +a,-b.">,
    Option<"outerConstants", "outer-constants", "bool", /*default=*/"false",
           "Constants stay outside of the code, as `OuterConstants` reads them: globals without a value. Large weights are packed by "
           "the run that needs them.">
  ];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect",
    "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect",
    "mlir::vector::VectorDialect", "quantir::QuantirDialect"];
}

def ShareKernelsPass : Pass<"quantir-share-kernels", "mlir::ModuleOp"> {
  let summary = "One function for kernels that differ only in their constants";
  let description = [{
    The layers of a network repeat. Kernels whose code is the same but for the globals that they read and for single
    numbers, such as scales and zero points, become one, which gets as arguments what differs: the globals, and one
    table of numbers for each element type. What does not differ stays in the code.

    Before: `quantir.launch @kernel_0_matmul tiles 1 (%x, %y)` and `quantir.launch @kernel_3_matmul tiles 1 (%y, %z)`,
    each with `memref.get_global` of its own weights.
    After: `quantir.launch @kernel_0_matmul tiles 1 (%x, %y, %weights_0)` and
    `quantir.launch @kernel_0_matmul tiles 1 (%y, %z, %weights_3)`.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect", "mlir::vector::VectorDialect"];
}

def PlanMemoryPass : Pass<"quantir-plan-memory", "mlir::ModuleOp"> {
  let summary = "Place every buffer of main in one arena";
  let description = [{
    Buffers whose lives do not overlap share memory. `@main` gets the arena as its last argument and the attribute
    `quantir.arena_size`, in bytes. Every buffer starts at a multiple of `alignment` bytes. A remark says how large the arena is beside
    the largest live set, the bytes of all buffers that hold data at one launch, which no arena is below.
  }];
  let options = [Option<"alignment", "alignment", "int64_t", /*default=*/"64",
                        "Bytes that every buffer's place is a multiple of: a power of two.">];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect"];
}

def MergeConstantsPass : Pass<"quantir-merge-constants", "mlir::ModuleOp"> {
  let summary = "All private constants in one";
  let description = [{
    What may be read behind a constant and means nothing (its slack) is then the constant that follows; only the last one
    keeps bytes of its own for it. Tables of which a run gathers some rows become another one: a loader maps the first
    before the first run, and not the second.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect"];
}

def LowerToLLVMPass : Pass<"quantir-lower-to-llvm", "mlir::ModuleOp"> {
  let summary = "Launches and loops to the LLVM dialect, with the artifact's entry point";
  let description = [{
    `<name>_run(context)` reads inputs, outputs and arena from the context (Runtime/Artifact.h) and calls main. A launch
    of one tile is a call; others go through the context's `parallel_for`, or a loop when it is null.
  }];
  let options = [
    Option<"name", "name", "std::string", /*default=*/"\"model\"", "Prefix of the entry point.">
  ];
  let dependentDialects = ["mlir::LLVM::LLVMDialect", "mlir::cf::ControlFlowDialect"];
}

#endif // QUANTIR_LOWER_PASSES_TD
