#ifndef QUANTIR_FUSE_PASSES_TD
#define QUANTIR_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SinkReshapesPass : Pass<"quantir-sink-reshapes", "mlir::func::FuncOp"> {
  let summary = "Move reshapes behind elementwise ops";
  let description = [{
    A reshape between a convolution (or any other op) and an elementwise op keeps them out of one kernel. The elementwise op
    commutes with it when its other operands are scalars, constants, vectors along an unchanged last dimension, or reshapes of
    the same shape.

    ```mlir
    func.func @example(%a: tensor<1x4x4x8xf32>, %b: tensor<1x4x4x8xf32>) -> tensor<16x8xf32> {
      %s = quantir.add %a, %b : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32>
      %v = quantir.reshape %s : tensor<1x4x4x8xf32> -> tensor<16x8xf32>
      %r = quantir.relu %v : tensor<16x8xf32> -> tensor<16x8xf32>
      return %r : tensor<16x8xf32>
    }
    ```
    applies `relu` to `%s` and reshapes its result.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def FoldTransposesPass : Pass<"quantir-fold-transposes", "mlir::func::FuncOp"> {
  let summary = "Products read their right operand as it lies, and data moves once";
  let description = [{
    A transpose that swaps the last two dimensions for the right operand of a matrix product alone becomes `transpose_rhs`: packing the
    operand rearranges it anyway.

    ```mlir
    func.func @scores(%q: tensor<2x5x8xf32>, %k: tensor<2x7x8xf32>) -> tensor<2x5x7xf32> {
      %t = quantir.transpose %k {permutation = array<i64: 0, 2, 1>} : tensor<2x7x8xf32> -> tensor<2x8x7xf32>
      %s = quantir.matmul %q, %t : tensor<2x5x8xf32>, tensor<2x8x7xf32> -> tensor<2x5x7xf32>
      return %s : tensor<2x5x7xf32>
    }
    ```
    becomes `quantir.matmul %q, %k {transpose_rhs}`.

    Two transposes with a reshape between them become one, or a reshape when the second undoes the first, as between convolutions,
    channels last here, and tokens:

    ```mlir
    func.func @tokens(%x: tensor<1x4x4x6xf32>) -> tensor<1x16x6xf32> {
      %t = quantir.transpose %x {permutation = array<i64: 0, 3, 1, 2>} : tensor<1x4x4x6xf32> -> tensor<1x6x4x4xf32>
      %r = quantir.reshape %t : tensor<1x6x4x4xf32> -> tensor<1x6x16xf32>
      %y = quantir.transpose %r {permutation = array<i64: 0, 2, 1>} : tensor<1x6x16xf32> -> tensor<1x16x6xf32>
      return %y : tensor<1x16x6xf32>
    }
    ```
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def SplitProductsPass : Pass<"quantir-split-products", "mlir::func::FuncOp"> {
  let summary = "One product for each slice of a product's columns";
  let description = [{
    Models with one projection for queries, keys and values compute a product by constant weights and take it apart by slices. When all readers of
    a product (`matmul`, or `conv` of one group) are slices of neighbouring columns, behind elementwise ops with constants, a reshape that splits the last
    dimension and a transpose, each slice becomes a product by these columns of the weights, so that what follows the slice, a quantize for
    instance, joins its kernel.

    ```mlir
    func.func @two(%x: tensor<4x8xf32>) -> (tensor<4x16xf32>, tensor<4x16xf32>) {
      %w = quantir.constant dense<0.5> : tensor<8x32xf32> -> tensor<8x32xf32>
      %m = quantir.matmul %x, %w : tensor<4x8xf32>, tensor<8x32xf32> -> tensor<4x32xf32>
      %a = quantir.slice %m {offsets = array<i64: 0, 0>, sizes = array<i64: 4, 16>, steps = array<i64: 1, 1>} : tensor<4x32xf32> -> tensor<4x16xf32>
      %b = quantir.slice %m {offsets = array<i64: 0, 16>, sizes = array<i64: 4, 16>, steps = array<i64: 1, 1>} : tensor<4x32xf32> -> tensor<4x16xf32>
      return %a, %b : tensor<4x16xf32>, tensor<4x16xf32>
    }
    ```
    becomes two products by 16 columns each.

    A product stays whole where slices overlap, fill fewer vectors of 16 columns than the product, or where reading the left operand again moves
    more bytes than writing the product in f32 and reading it back; and where a requantization with one shift for all channels would round otherwise.
    A missed remark says so.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def FuseKernelsPass : Pass<"quantir-fuse-kernels", "mlir::func::FuncOp"> {
  let summary = "Group operations into kernels";
  let description = [{
    Afterwards the function holds `quantir.kernel`, `quantir.reshape` (a view), constants and its return. A kernel is
    * an anchor (convolution, matmul, pooling, reduction, softmax, layer norm) with every elementwise op fed by it that has
      the shape of its result, and whose other operands exist before the kernel; softmax, layer norm and reductions also
      take the elementwise ops that only they read (a prologue);
    * or an attention on codes: the product that gives the scores, softmax with the elementwise ops around it, the product of its codes
      and the values, the sums of the codes, elementwise ops on them and on the result, and the transposes, slices, expands and reshapes of
      operands and result that strides can express. Neither scores nor probabilities may be read elsewhere;
    * or one op that moves elements (transpose, concat, slice, pad, gather, expand, resize); transpose, slice, gather and expand take a chain
      of elementwise ops that alone reads their result;
    * or a connected group of elementwise ops of one shape.

    No group may depend on itself through another one, so that kernels have an order. Values that other kernels read become results of
    the kernel, as many as there are. Scalars and splats are copied into the body; other constants stay operands. Fusing changes no
    bit: a kernel means what its body means.
  }];
  let options = [Option<"attention", "attention", "AttentionKernels", /*default=*/"AttentionKernels::Any",
                        "Which attentions become one kernel; the products and the softmax of others stay apart.",
                        [{::llvm::cl::values(
                            clEnumValN(AttentionKernels::Any, "any", "all"),
                            clEnumValN(AttentionKernels::InWords, "in-words",
                                       "those whose heads have rows of whole words, at most 1024 keys"),
                            clEnumValN(AttentionKernels::None, "none", "none"))}]>];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def SplitBatchPass : Pass<"quantir-split-batch", "mlir::func::FuncOp"> {
  let summary = "Work on one sample of a batch after the other";
  let description = [{
    When all arguments and results have the same first dimension, every op works on its slices apart, the tensors between kernels would
    fall out of the cache, and reading the constants again for each sample costs less than that: the function becomes that of one sample, and
    `quantir.batch` says for how many it stands. The artifact runs it once for each, or several at once on several threads.

    ```mlir
    func.func @main(%x: tensor<8x64x64x16xf32>) -> tensor<8x64x64x16xf32> {
      %y = quantir.kernel (%x) {
      ^bb0(%a: tensor<8x64x64x16xf32>):
        %r = quantir.relu %a : tensor<8x64x64x16xf32> -> tensor<8x64x64x16xf32>
        quantir.yield %r : tensor<8x64x64x16xf32>
      } : (tensor<8x64x64x16xf32>) -> tensor<8x64x64x16xf32>
      return %y : tensor<8x64x64x16xf32>
    }
    ```
    works on `tensor<1x64x64x16xf32>` afterwards.
  }];
  let options = [Option<"cache", "cache", "int64_t", "1 << 20", "Bytes that stay near a core.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_FUSE_PASSES_TD
