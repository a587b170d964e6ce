#ifndef QUANTIR_SHAPE_OPS_TD
#define QUANTIR_SHAPE_OPS_TD

// Ops that move elements; operands and results have one element type, codes included.

class Quantir_MoveOp<string mnemonic, list<Trait> traits = []>
    : Quantir_ShapedOp<mnemonic, traits # [Quantir_Asks]> {
  let arguments = (ins Quantir_Tensor:$input);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Quantir_ReshapeOp : Quantir_Op<"reshape", [Pure, Quantir_Asks]> {
  let summary = "The same elements in row-major order, in another shape";
  let description = [{
    * (R1) the number of elements and the element type stay the same.

    ```mlir
    func.func @example(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
      %y = quantir.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
      return %y : tensor<3x4xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Quantir_TransposeOp : Quantir_MoveOp<"transpose"> {
  let summary = "Permute the dimensions";
  let description = [{
    Dimension i of the result is dimension `permutation[i]` of the input.

    * (T1) `permutation` is a permutation of the dimensions.

    ```mlir
    func.func @example(%x: tensor<1x3x8x8xf32>) -> tensor<1x8x8x3xf32> {
      %y = quantir.transpose %x {permutation = array<i64: 0, 2, 3, 1>} : tensor<1x3x8x8xf32> -> tensor<1x8x8x3xf32>
      return %y : tensor<1x8x8x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let hasFolder = 1;
}

def Quantir_SliceOp : Quantir_MoveOp<"slice"> {
  let summary = "Every steps[d]-th element from offsets[d] on, sizes[d] of them, in each dimension";
  let description = [{
    Steps may be negative.

    * (S1) one offset, size and step for each dimension; no step is 0; every element read is inside the input.

    ```mlir
    func.func @example(%x: tensor<4x8xf32>) -> tensor<4x4xf32> {
      %y = quantir.slice %x {offsets = array<i64: 0, 1>, sizes = array<i64: 4, 4>, steps = array<i64: 1, 2>} : tensor<4x8xf32> -> tensor<4x4xf32>
      return %y : tensor<4x4xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseI64ArrayAttr:$offsets, DenseI64ArrayAttr:$sizes,
      DenseI64ArrayAttr:$steps);
}

def Quantir_ConcatOp : Quantir_ShapedOp<"concat", [Quantir_AsksAllOperands]> {
  let summary = "Operands one after another along an axis";
  let description = [{
    * (C1) the operands agree in element type and in every dimension but `axis`.

    ```mlir
    func.func @example(%a: tensor<2x3xf32>, %b: tensor<2x5xf32>) -> tensor<2x8xf32> {
      %y = quantir.concat %a, %b {axis = 1 : i64} : tensor<2x3xf32>, tensor<2x5xf32> -> tensor<2x8xf32>
      return %y : tensor<2x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<Quantir_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `->` type($result)";
}

def Quantir_PadOp : Quantir_MoveOp<"pad"> {
  let summary = "Elements added before and after each dimension";
  let description = [{
    `value` is the real value of the added elements in `constant` mode (on codes: its nearest code).

    * (P1) one entry of `low` and `high` for each dimension, none negative.
    * (P2) `reflect` needs more elements than it adds; `edge` needs one.
    * (P3) codes with a `value` to add have one zero point, and one scale unless the value is 0.

    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x6xf32> {
      %y = quantir.pad %x {low = array<i64: 0, 1>, high = array<i64: 0, 2>} : tensor<2x3xf32> -> tensor<2x6xf32>
      return %y : tensor<2x6xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
      DefaultValuedAttr<F64Attr, "0.0">:$value,
      DefaultValuedAttr<Quantir_PadModeAttr, "::quantir::PadMode::constant">:$mode);
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The bits of the added elements in `constant` mode, as they are stored.
    uint64_t getFillBits();
  }];
}

def Quantir_GatherOp : Quantir_ShapedOp<"gather", [Quantir_Asks]> {
  let summary = "Slices of the input chosen by index along an axis";
  let description = [{
    The result's shape is the input's with `axis` replaced by the indices' shape. A negative index counts from the end. An index that
    is outside even so is clamped to the nearest valid one: it cannot read foreign memory.

    Codes with a scale for each channel keep them, at the place where the channels come to lie.

    * (G1) `axis` is a dimension of the input, and that dimension is not empty.
    * (G2) codes have no scale for each index of `axis`.

    ```mlir
    func.func @embedding(%table: tensor<1000x64xf32>, %ids: tensor<1x8xi64>) -> tensor<1x8x64xf32> {
      %y = quantir.gather %table, %ids {axis = 0 : i64} : tensor<1000x64xf32>, tensor<1x8xi64> -> tensor<1x8x64xf32>
      return %y : tensor<1x8x64xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, Quantir_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input `,` $indices attr-dict `:` type($input) `,` type($indices) `->` type($result)";
}

def Quantir_ExpandOp : Quantir_Op<"expand", [Pure, Quantir_Asks]> {
  let summary = "The input repeated to a larger shape, as numpy broadcasts";
  let description = [{
    * (E1) the input's shape broadcasts to the result's; the element type stays.

    ```mlir
    func.func @example(%x: tensor<1x3xf32>) -> tensor<2x4x3xf32> {
      %y = quantir.expand %x : tensor<1x3xf32> -> tensor<2x4x3xf32>
      return %y : tensor<2x4x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Quantir_ResizeOp : Quantir_Op<"resize", [Pure, Quantir_Asks]> {
  let summary = "Image of another size, channels last";
  let description = [{
    `input` `[N, H, W, C]` to `[N, OH, OW, C]`. Output coordinate o becomes the input coordinate, computed in double from
    `scales` (output size / input size unless given): `half_pixel` `(o + 0.5) / scale - 0.5` (`pytorch_half_pixel` the same, 0 when the
    output size is 1), `asymmetric` `o / scale`, `align_corners` `o * (in - 1) / (out - 1)` (0 when the
    output size is 1). `nearest` rounds it by `rounding` and clamps;
    `linear` weighs the two neighbours on each axis (coordinates clamped): `top = a + wx * (b - a)`, `bottom` likewise,
    `top + wy * (bottom - top)`, weights rounded to f32; on codes in fixed point, rounded halves up (`AverageMath.h`).

    * (R1) rank 4, same N, C and element type; `linear` needs f32, or codes of 8 or 16 bits per tensor.
    * (R2) scales are positive and finite.

    ```mlir
    func.func @twice(%x: tensor<1x4x4x8xf32>) -> tensor<1x8x8x8xf32> {
      %y = quantir.resize %x {coordinates = #quantir.coordinates<asymmetric>, rounding = #quantir.rounding<floor>,
                              scales = array<f64: 2.0, 2.0>} : tensor<1x4x4x8xf32> -> tensor<1x8x8x8xf32>
      return %y : tensor<1x8x8x8xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseF64ArrayAttr:$scales,
      DefaultValuedAttr<Quantir_ResizeModeAttr, "::quantir::ResizeMode::nearest">:$mode,
      DefaultValuedAttr<Quantir_ResizeCoordinatesAttr, "::quantir::ResizeCoordinates::half_pixel">:$coordinates,
      DefaultValuedAttr<Quantir_ResizeRoundingAttr, "::quantir::ResizeRounding::round_prefer_floor">:$rounding);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

#endif // QUANTIR_SHAPE_OPS_TD
