#ifndef QUANTIR_GPU_PASSES_TD
#define QUANTIR_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def LowerKernelsToGpuPass : Pass<"quantir-lower-kernels-to-gpu", "mlir::ModuleOp"> {
  let summary = "Kernels over tensors to GPU kernels over words, and their dispatches";
  let description = [{
    Every `quantir.kernel` of `@main` becomes one `gpu.module` or more, and a `quantir.dispatch`. `@main` then takes one buffer of 32-bit
    words for each input and each output; tensors between kernels become `memref.alloc`, constants globals.

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
    After: `func.func @main(%x: memref<16xi32>, %y: memref<16xi32>)` with
    `quantir.dispatch [@kernel_0_elementwise] groups [1, 1, 1] (%x, %y) written [false, true]`.
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"generic\"", "Family of GPUs: generic, mali or adreno.">,
    Option<"largestBinding", "largest-binding", "int64_t", /*default=*/"kLargestBinding",
           "Bytes that `quantir-split-dispatches` binds in one piece.">
  ];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::func::FuncDialect", "mlir::gpu::GPUDialect",
    "mlir::math::MathDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect", "mlir::spirv::SPIRVDialect",
    "mlir::vector::VectorDialect", "quantir::QuantirDialect"];
}

def SplitDispatchesPass : Pass<"quantir-split-dispatches", "mlir::ModuleOp"> {
  let summary = "Dispatches that every device can run, whatever the size of their buffers";
  let description = [{
    A dispatch of too many workgroups, or with buffers that are larger than what a device binds in one piece, becomes dispatches of
    neighbouring workgroups. Each binds the parts of large buffers that its groups may touch, as the arithmetic of their indices tells; where
    that is still too much, or only the data tell, the buffer becomes several bindings, among which each access chooses.

    Before, with `largest-binding=4096`: `quantir.dispatch [@kernel_0_elementwise] groups [32, 1, 1] (%x, %y)` on two `memref<2048xi32>`.
    After: two dispatches with `groups [16, 1, 1]`, on the halves of `%x` and `%y` as `memref.subview`s.
  }];
  let options = [
    Option<"largestBinding", "largest-binding", "int64_t", /*default=*/"kLargestBinding",
           "Bytes that a device binds in one piece: a multiple of 256.">,
    Option<"mostGroups", "most-groups", "int64_t", /*default=*/"kMostGroups",
           "Workgroups that a device runs along a dimension.">
  ];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::memref::MemRefDialect", "mlir::scf::SCFDialect"];
}

def ShareGpuKernelsPass : Pass<"quantir-share-gpu-kernels", "mlir::ModuleOp"> {
  let summary = "One GPU kernel for those that differ only in their numbers";
  let description = [{
    What `quantir-share-kernels` does for CPUs. Dispatches whose kernels are the same, in all forms, but for single numbers such as scales and
    zero points get the kernels of the first, which read the numbers that differ from push constants: one word for all that are equal
    in every dispatch, and at most 32, which every device takes. Dispatches that differ in more keep kernels of their own.

    Before: `quantir.dispatch [@kernel_0_conv]` and `quantir.dispatch [@kernel_3_conv]`, each with its zero point in the code.
    After: `quantir.dispatch [@kernel_0_conv] push [128]` and `quantir.dispatch [@kernel_0_conv] push [131]`.
  }];
  let dependentDialects = ["mlir::arith::ArithDialect", "mlir::spirv::SPIRVDialect", "mlir::vector::VectorDialect"];
}

def PlaceBarriersPass : Pass<"quantir-place-barriers", "mlir::ModuleOp"> {
  let summary = "Barriers where a dispatch meets what an earlier one wrote or reads";
  let description = [{
    Of buffers in one arena (after `quantir-plan-memory`), so that memory used again counts as well. A barrier is a point in
    the order of all dispatches; none stands where an earlier one since the conflict serves, nor between dispatches that write parts of
    one result (`part_of`).
  }];
}

def ConvertGpuToSpirvPass : Pass<"quantir-convert-gpu-to-spirv", "mlir::ModuleOp"> {
  let summary = "GPU kernels to SPIR-V modules for Vulkan 1.1";
  let description = [{
    Each `gpu.module` becomes a `spirv.module` of version 1.3. Nothing is emulated: what Vulkan 1.1 cannot do is an error. No float
    operation may be contracted with another.
  }];
  let dependentDialects = ["mlir::spirv::SPIRVDialect"];
}

#endif // QUANTIR_GPU_PASSES_TD
