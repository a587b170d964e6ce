#ifndef QUANTIR_STRUCTURE_OPS_TD
#define QUANTIR_STRUCTURE_OPS_TD

def Quantir_ConstantOp : Quantir_Op<"constant", [Pure, ConstantLike,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "A tensor known at compile time";
  let description = [{
    `value` holds the elements; for a quantized tensor, the codes in the storage type (i8 for both `i8` and `u8`, or i32).

    * (C1) `value` has the result's shape and storage.

    ```mlir
    func.func @float() -> tensor<2xf32> {
      %c = quantir.constant dense<[1.0, 2.0]> : tensor<2xf32> -> tensor<2xf32>
      return %c : tensor<2xf32>
    }
    func.func @codes() -> tensor<2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>> {
      %c = quantir.constant dense<[1, -2]> : tensor<2xi8> -> tensor<2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>>
      return %c : tensor<2x!quant.uniform<i8<-127:127>:f32:0, {0.5,0.25}>>
    }
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let builders = [OpBuilder<(ins "::mlir::DenseElementsAttr":$value), [{
    build($_builder, $_state, value.getType(), value);
  }]>];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Quantir_ObserveOp : Quantir_Op<"observe", [DeclareOpInterfaceMethods<Quantir_QuantizationInterface>]> {
  let summary = "Show a tensor to calibration";
  let description = [{
    Calls the observer `index` of the run's context with the elements of `input`. Only calibration code holds it.

    ```mlir
    func.func @example(%x: tensor<4xf32>) {
      quantir.observe %x {index = 0 : i64} : tensor<4xf32>
      return
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input, I64Attr:$index);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Quantir_KernelOp : Quantir_Op<"kernel", [Pure, IsolatedFromAbove,
    SingleBlockImplicitTerminator<"::quantir::YieldOp">]> {
  let summary = "Operations that become one loop nest";
  let description = [{
    Means what its body means: fusing changes no bit of any result. Body arguments stand for the operands.

    ```mlir
    func.func @example(%x: tensor<2x8xf32>, %y: tensor<2x8xf32>) -> tensor<2x8xf32> {
      %r = quantir.kernel (%x, %y) {
      ^bb0(%a: tensor<2x8xf32>, %b: tensor<2x8xf32>):
        %s = quantir.add %a, %b : tensor<2x8xf32>, tensor<2x8xf32> -> tensor<2x8xf32>
        %t = quantir.relu %s : tensor<2x8xf32> -> tensor<2x8xf32>
        quantir.yield %t : tensor<2x8xf32>
      } : (tensor<2x8xf32>, tensor<2x8xf32>) -> tensor<2x8xf32>
      return %r : tensor<2x8xf32>
    }
    ```
    * (K1) body arguments have the operands' types, the yielded values the results'.
  }];
  let arguments = (ins Variadic<Quantir_Tensor>:$inputs);
  let results = (outs Variadic<Quantir_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` $body attr-dict `:` functional-type($inputs, $outputs)";
  let hasVerifier = 1;
}

def Quantir_YieldOp : Quantir_Op<"yield", [Pure, Terminator, ReturnLike, HasParent<"KernelOp">]> {
  let summary = "Results of a kernel";
  let description = [{
    See `quantir.kernel`.

    ```mlir
    func.func @example(%x: tensor<4xf32>) -> tensor<4xf32> {
      %r = quantir.kernel (%x) {
      ^bb0(%a: tensor<4xf32>):
        quantir.yield %a : tensor<4xf32>
      } : (tensor<4xf32>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Quantir_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ }]>];
}

def Quantir_LaunchOp : Quantir_Op<"launch"> {
  let summary = "Run a lowered kernel on every tile of a range";
  let description = [{
    Calls `kernel(arguments..., t)` for t in [0, tiles), in any order and possibly at once. The callee takes the arguments and an `index`.
    `macs` and `bytes` say what the work is: multiply-accumulates, and bytes of operands and results, each counted once.

    ```mlir
    func.func private @k(%buffer: memref<8xf32>, %tile: index) {
      return
    }
    func.func @example(%buffer: memref<8xf32>) {
      quantir.launch @k tiles 4 (%buffer) : memref<8xf32>
      return
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, ConfinedAttr<I64Attr, [IntPositive]>:$tiles,
      Variadic<AnyMemRef>:$arguments, OptionalAttr<I64Attr>:$macs, OptionalAttr<I64Attr>:$bytes);
  let assemblyFormat = "$kernel `tiles` $tiles `(` ($arguments^)? `)` attr-dict (`:` type($arguments)^)?";
}

def Quantir_DispatchOp : Quantir_Op<"dispatch"> {
  let summary = "Run a GPU kernel on a grid of workgroups";
  let description = [{
    `kernels` are the same computation for devices that offer more or less, the best first: a device runs the first of which it has
    what its code needs. Argument i is the kernel's binding i; `written` says which of them it writes (it may read those as well).
    `push` are 32-bit words that the kernel gets as push constants.
    `after_barrier`: what earlier dispatches wrote must be visible first, and what they read may be overwritten; none stands between
    dispatches with the same `part_of`, which write different parts of one result. `macs` and `bytes` are those of `quantir.launch`.

    ```mlir
    func.func @example(%x: memref<8xi32>, %y: memref<8xi32>) {
      quantir.dispatch [@k] groups [2, 1, 1] (%x, %y) written [false, true] push [7, -3] : memref<8xi32>, memref<8xi32>
      return
    }
    ```
    * (D1) there are three numbers of groups, each at least 1, and one entry of `written` for each argument.
  }];
  let arguments = (ins FlatSymbolRefArrayAttr:$kernels, DenseI64ArrayAttr:$groups,
      Variadic<AnyMemRef>:$arguments, DenseBoolArrayAttr:$written,
      DefaultValuedOptionalAttr<DenseI32ArrayAttr, "{}">:$push, UnitAttr:$after_barrier,
      OptionalAttr<I64Attr>:$part_of, OptionalAttr<I64Attr>:$macs, OptionalAttr<I64Attr>:$bytes);
  let assemblyFormat = [{
    $kernels `groups` $groups `(` ($arguments^)? `)` `written` $written (`push` $push^)? attr-dict
    (`:` type($arguments)^)?
  }];
  let hasVerifier = 1;
}

#endif // QUANTIR_STRUCTURE_OPS_TD
