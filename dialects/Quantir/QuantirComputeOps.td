#ifndef QUANTIR_COMPUTE_OPS_TD
#define QUANTIR_COMPUTE_OPS_TD

class Quantir_WindowOp<string mnemonic, list<Trait> traits = []>
    : Quantir_ShapedOp<mnemonic, traits> {
  let hasVerifier = 1;
}

def Quantir_ConvOp : Quantir_WindowOp<"conv", [Quantir_AsksWeights]> {
  let summary = "Convolution over two spatial dimensions, channels last";
  let description = [{
    `input` is `[N, H, W, C]`, `filter` `[O, KH, KW, C / groups]`, `bias` `[O]`, the result
    `[N, OH, OW, O]`; `pads` are top, left, bottom, right. Outside the image stands real zero (the
    zero point, on codes).

    In f32 the sum starts at 0, runs over kh, kw, c in this order with fused multiply-add (taps
    outside the image included, as products with zero), and the bias is added last. On codes the result is the
    exact 32-bit sum of `(input - zero point) * filter`, plus the 32-bit bias.

    An f16 filter is widened to f32. Of bf16 operands every tap goes through its channels in pairs, the second channel of a pair before the first
    (the last one of an odd number alone), in f32 with fused multiply-add: the order of `vdpbf16ps`. Casts give no bf16 so small
    that a product or sum of f32 could be subnormal, so it does not matter that such instructions flush those.

    * (C1) strides and dilations are positive, pads not negative.
    * (C2) the input has `groups` times the filter's channels, and `groups` divides O.
    * (C3) the window fits into the padded image.
    * (C4) f32 throughout; f32 by f16, or bf16 by bf16, giving f32, with an f32 bias; or 8-bit codes times symmetric 8-bit codes giving 32-bit codes.

    ```mlir
    func.func @float(%x: tensor<1x8x8x3xf32>, %w: tensor<16x3x3x3xf32>, %b: tensor<16xf32>) -> tensor<1x4x4x16xf32> {
      %y = quantir.conv %x, %w bias %b {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 1, 1>}
          : tensor<1x8x8x3xf32>, tensor<16x3x3x3xf32>, tensor<16xf32> -> tensor<1x4x4x16xf32>
      return %y : tensor<1x4x4x16xf32>
    }
    func.func @codes(%x: tensor<1x8x8x2x!quant.uniform<u8:f32, 0.5:128>>,
                     %w: tensor<2x3x3x1x!quant.uniform<i8<-127:127>:f32:0, {0.25,0.5}>>)
        -> tensor<1x6x6x2x!quant.uniform<i32:f32:3, {0.125,0.25}>> {
      %y = quantir.conv %x, %w {groups = 2 : i64}
          : tensor<1x8x8x2x!quant.uniform<u8:f32, 0.5:128>>,
            tensor<2x3x3x1x!quant.uniform<i8<-127:127>:f32:0, {0.25,0.5}>>
         -> tensor<1x6x6x2x!quant.uniform<i32:f32:3, {0.125,0.25}>>
      return %y : tensor<1x6x6x2x!quant.uniform<i32:f32:3, {0.125,0.25}>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, Quantir_Tensor:$filter, Optional<Quantir_Tensor>:$bias,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
      DefaultValuedAttr<I64Attr, "1">:$groups);
  let results = (outs Quantir_Tensor:$result);
  let extraClassDeclaration = [{
    /// True when every filter sees one of several channels.
    bool isDepthwise();
  }];
  let assemblyFormat = [{
    $input `,` $filter (`bias` $bias^)? attr-dict
    `:` type($input) `,` type($filter) (`,` type($bias)^)? `->` type($result)
  }];
}

def Quantir_MatmulOp : Quantir_ShapedOp<"matmul", [Quantir_AsksWeights]> {
  let summary = "Matrix product over the last two dimensions";
  let description = [{
    `lhs` is `[..., M, K]`, `rhs` `[..., K, N]`, or `[..., N, K]` with `transpose_rhs`, `bias` `[N]`, the result
    `[..., M, N]`. Leading dimensions broadcast. Arithmetic as in `quantir.conv`, k rising; on bf16 in pairs of k.

    * (M1) both operands have rank 2 or more and agree in K.
    * (M2) leading dimensions broadcast; the bias has N elements.
    * (M3) f32 throughout; f32 by f16, or bf16 by bf16, giving f32, with an f32 bias; or 8-bit codes times symmetric 8-bit codes giving 32-bit codes.

    ```mlir
    func.func @float(%x: tensor<4x8xf32>, %w: tensor<16x8xf32>, %b: tensor<16xf32>) -> tensor<4x16xf32> {
      %y = quantir.matmul %x, %w bias %b {transpose_rhs} : tensor<4x8xf32>, tensor<16x8xf32>, tensor<16xf32> -> tensor<4x16xf32>
      return %y : tensor<4x16xf32>
    }
    func.func @short_floats(%x: tensor<4x8xbf16>, %w: tensor<8x16xbf16>) -> tensor<4x16xf32> {
      %y = quantir.matmul %x, %w : tensor<4x8xbf16>, tensor<8x16xbf16> -> tensor<4x16xf32>
      return %y : tensor<4x16xf32>
    }
    func.func @codes(%x: tensor<2x4x8x!quant.uniform<u8:f32, 0.5:3>>, %w: tensor<2x8x4x!quant.uniform<i8<-127:127>:f32, 0.5>>)
        -> tensor<2x4x4x!quant.uniform<i32:f32, 0.25>> {
      %y = quantir.matmul %x, %w : tensor<2x4x8x!quant.uniform<u8:f32, 0.5:3>>,
          tensor<2x8x4x!quant.uniform<i8<-127:127>:f32, 0.5>> -> tensor<2x4x4x!quant.uniform<i32:f32, 0.25>>
      return %y : tensor<2x4x4x!quant.uniform<i32:f32, 0.25>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$lhs, Quantir_Tensor:$rhs, Optional<Quantir_Tensor>:$bias,
      UnitAttr:$transpose_rhs);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs (`bias` $bias^)? attr-dict
    `:` type($lhs) `,` type($rhs) (`,` type($bias)^)? `->` type($result)
  }];
  let hasVerifier = 1;
}

def Quantir_ReduceOp : Quantir_ShapedOp<"reduce", [Quantir_AsksDepth]> {
  let summary = "Sum, mean, maximum, minimum or product over axes";
  let description = [{
    The reduced axes stay as 1 with `keepdims`, else go. The elements of one result are visited in row-major order of the reduced
    axes. In f32, when the last axis is reduced, element i of them goes to lane i mod 16, and the sixteen lanes are combined as a tree:
    l with l+8, l+4, l+2, l+1; otherwise there is one lane. Lanes start at 0 for sums, at -inf for `max`, where `lane = x > lane ? x : lane`
    (NaN is passed over), at +inf for `min`. A mean multiplies the sum by `1 / count` rounded to f32. A `prod` multiplies in order, from 1.

    Integers wrap; their mean is divided towards zero. On codes, sum and mean yield the exact 32-bit sum of
    `code - zero point`, whose scale carries the `1 / count`.

    * (R1) axes are rising, distinct and within the rank.
    * (R2) sum and mean of codes of 8 or 16 bits give 32-bit codes; maximum and minimum keep the type; bf16 and f16 are not reduced.

    ```mlir
    func.func @pool(%x: tensor<1x7x7x8xf32>) -> tensor<1x8xf32> {
      %y = quantir.reduce <mean> %x {axes = array<i64: 1, 2>} : tensor<1x7x7x8xf32> -> tensor<1x8xf32>
      return %y : tensor<1x8xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_ReduceKindAttr:$kind, Quantir_Tensor:$input, DenseI64ArrayAttr:$axes,
      UnitAttr:$keepdims);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$kind $input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Quantir_MaxPoolOp : Quantir_WindowOp<"max_pool", [Quantir_Asks]> {
  let summary = "Largest element of each window, channels last";
  let description = [{
    Taps outside the image are not looked at. In f32 `most = x > most ? x : most` from -inf, so NaN is passed over. Codes keep their type.

    * (P1) kernel, strides and dilations are positive, pads not negative and smaller than the dilated kernel.

    ```mlir
    func.func @example(%x: tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32> {
      %y = quantir.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
      return %y : tensor<1x4x4x4xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseI64ArrayAttr:$kernel,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Quantir_AvgPoolOp : Quantir_WindowOp<"avg_pool", [Quantir_Asks]> {
  let summary = "Mean of each window, channels last";
  let description = [{
    `result = sum * (1 / count rounded to f32)`, the sum in window order from 0; taps outside the image count only with
    `count_include_pad`. On codes there is no floating point: `saturate(((sum of code - zero point) * M + 2^(s-1)) >> s) + zero point)` in 64 bits, with
    a multiplier for each number of taps (`AverageMath.h`).

    * (P1) kernel, strides and dilations are positive, pads not negative and smaller than the dilated kernel.
    * (P2) f32 to f32; or codes of 8 or 16 bits per tensor to codes of 8 or 16 bits per tensor, in windows of at most 32,767 taps.

    ```mlir
    func.func @example(%x: tensor<1x8x8x4xf32>) -> tensor<1x4x4x4xf32> {
      %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x8x8x4xf32> -> tensor<1x4x4x4xf32>
      return %y : tensor<1x4x4x4xf32>
    }
    func.func @codes(%x: tensor<1x8x8x4x!quant.uniform<u8:f32, 0.5:3>>) -> tensor<1x4x4x4x!quant.uniform<i16:f32, 0.001>> {
      %y = quantir.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>}
          : tensor<1x8x8x4x!quant.uniform<u8:f32, 0.5:3>> -> tensor<1x4x4x4x!quant.uniform<i16:f32, 0.001>>
      return %y : tensor<1x4x4x4x!quant.uniform<i16:f32, 0.001>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, DenseI64ArrayAttr:$kernel,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$strides,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilations,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$pads,
      UnitAttr:$count_include_pad);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Quantir_SoftmaxOp : Quantir_ShapedOp<"softmax", [Quantir_AsksRange]> {
  let summary = "Exponentials of the last dimension, divided by their sum";
  let description = [{
    `e = exp(x - max x)`; `result = e * (1 / sum e)`: one correctly rounded division a row, sum and maximum in
    lanes as in `quantir.reduce`. With `log`: `x - max x - ln(sum e)`. With `unnormalized`: `e`, whose largest is 1 in every row, for
    what divides later. A row of -inf alone gives NaN, as in ONNX Runtime.

    On codes there is no floating point: 2 to the power of the scaled distance from the row's maximum is a shift and a cubic, the sum is exact, one integer
    division a row, or with `log` one polynomial (`RowMath.h`, which states the errors).

    * (S1) not both `log` and `unnormalized`.
    With `form`, another's arithmetic takes the place of ours: I-BERT, Shiftmax, FQ-ViT's and HyQ's logarithms, LiteRT's of 8 and 16 bits, IndexSoftmax or
    XNNPACK's (`SoftmaxForms.h`). Its own codes, of 1/256 for most, become the result's by one more rounding where they differ.

    * (S2) f32 to f32; or codes of 8 or 16 bits per tensor to codes of 8 or 16 bits per tensor, in rows of at most 65,536.
    * (S3) a form other than `house` is of codes, neither `unnormalized` nor with `log`, and its values fit 32 bits.

    ```mlir
    func.func @example(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
      %y = quantir.softmax %x : tensor<2x8xf32> -> tensor<2x8xf32>
      return %y : tensor<2x8xf32>
    }
    func.func @codes(%x: tensor<2x8x!quant.uniform<i16:f32, 0.001>>) -> tensor<2x8x!quant.uniform<u8:f32, 0.00392156886>> {
      %y = quantir.softmax %x {unnormalized}
          : tensor<2x8x!quant.uniform<i16:f32, 0.001>> -> tensor<2x8x!quant.uniform<u8:f32, 0.00392156886>>
      return %y : tensor<2x8x!quant.uniform<u8:f32, 0.00392156886>>
    }
    func.func @litert(%x: tensor<2x8x!quant.uniform<i8:f32, 0.05>>) -> tensor<2x8x!quant.uniform<i8:f32, 0.00390625:-128>> {
      %y = quantir.softmax %x {form = #quantir.softmax_form<litert>}
          : tensor<2x8x!quant.uniform<i8:f32, 0.05>> -> tensor<2x8x!quant.uniform<i8:f32, 0.00390625:-128>>
      return %y : tensor<2x8x!quant.uniform<i8:f32, 0.00390625:-128>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, UnitAttr:$log, UnitAttr:$unnormalized,
      DefaultValuedAttr<Quantir_SoftmaxFormAttr, "SoftmaxForm::house">:$form);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def Quantir_LayerNormOp : Quantir_ShapedOp<"layer_norm", [Quantir_Asks]> {
  let summary = "Normalise the last dimension to mean 0 and variance 1, then scale and shift";
  let description = [{
    `mean = sum(x) * (1/D)`, `d = x - mean`, `var = sum(d * d) * (1/D)`, `result = d * (1 / sqrt(var + epsilon)) * scale + bias`,
    each step rounded to f32, sums as `quantir.reduce` sums. `scale` and `bias` are `[D]`.

    On codes there is no floating point: `(D q - sum(q)) / sqrt(D sum(q^2) - sum(q)^2 + E)` with exact sums and a reciprocal root of 31 bits,
    then one multiplication and one addition a channel, whose constants `scale` and `bias` give (`RowMath.h`).

    With `form`, I-BERT's or I-ViT's arithmetic takes the place of ours: the mean rounded to a code, the root of the deviations' squares to an integer, no
    epsilon.

    * (L1) scale and bias have one element for each element of the last dimension.
    * (L2) f32 to f32; or codes of 8 or 16 bits per tensor to codes of 8 or 16 bits per tensor, in rows of at most 32,767.
    * (L3) a form other than `house` is of codes.

    ```mlir
    func.func @example(%x: tensor<2x8xf32>, %s: tensor<8xf32>, %b: tensor<8xf32>) -> tensor<2x8xf32> {
      %y = quantir.layer_norm %x, %s, %b {epsilon = 1.0e-5 : f32} : tensor<2x8xf32>, tensor<8xf32>, tensor<8xf32> -> tensor<2x8xf32>
      return %y : tensor<2x8xf32>
    }
    func.func @codes(%x: tensor<2x8x!quant.uniform<i16:f32, 0.001>>) -> tensor<2x8x!quant.uniform<i16:f32, 0.001>> {
      %s = quantir.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
      %b = quantir.constant dense<-1.0> : tensor<8xf32> -> tensor<8xf32>
      %y = quantir.layer_norm %x, %s, %b {epsilon = 1.0e-5 : f32}
          : tensor<2x8x!quant.uniform<i16:f32, 0.001>>, tensor<8xf32>, tensor<8xf32> -> tensor<2x8x!quant.uniform<i16:f32, 0.001>>
      return %y : tensor<2x8x!quant.uniform<i16:f32, 0.001>>
    }
    func.func @ibert(%x: tensor<2x8x!quant.uniform<i16:f32, 0.001>>) -> tensor<2x8x!quant.uniform<i16:f32, 0.001>> {
      %s = quantir.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
      %b = quantir.constant dense<-1.0> : tensor<8xf32> -> tensor<8xf32>
      %y = quantir.layer_norm %x, %s, %b {epsilon = 1.0e-5 : f32, form = #quantir.norm_form<ibert>}
          : tensor<2x8x!quant.uniform<i16:f32, 0.001>>, tensor<8xf32>, tensor<8xf32> -> tensor<2x8x!quant.uniform<i16:f32, 0.001>>
      return %y : tensor<2x8x!quant.uniform<i16:f32, 0.001>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, Quantir_FloatTensor:$scale, Quantir_FloatTensor:$bias,
      F32Attr:$epsilon, DefaultValuedAttr<Quantir_NormFormAttr, "NormForm::house">:$form);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = [{
    $input `,` $scale `,` $bias attr-dict `:` type($input) `,` type($scale) `,` type($bias) `->` type($result)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input, "::mlir::Value":$scale,
      "::mlir::Value":$bias, "::mlir::FloatAttr":$epsilon), [{
    build($_builder, $_state, result, input, scale, bias, epsilon, NormFormAttr());
  }]>];
  let hasVerifier = 1;
}

def Quantir_RmsNormOp : Quantir_ShapedOp<"rms_norm", [Quantir_Asks]> {
  let summary = "Divide the last dimension by its root mean square, then scale";
  let description = [{
    `square = sum(x * x) * (1/D)`, `result = x * (1 / sqrt(square + epsilon)) * scale`, each step rounded to f32, sums as
    `quantir.reduce` sums. `scale` is `[D]`.

    On codes there is no floating point, as in `quantir.layer_norm`: `D q / sqrt(D sum(q^2) + E)`.

    * (N1) scale has one element for each element of the last dimension.
    * (N2) f32 to f32; or codes of 8 or 16 bits per tensor to codes of 8 or 16 bits per tensor, in rows of at most 32,767.

    ```mlir
    func.func @example(%x: tensor<2x8xf32>, %s: tensor<8xf32>) -> tensor<2x8xf32> {
      %y = quantir.rms_norm %x, %s {epsilon = 1.0e-5 : f32} : tensor<2x8xf32>, tensor<8xf32> -> tensor<2x8xf32>
      return %y : tensor<2x8xf32>
    }
    func.func @codes(%x: tensor<2x8x!quant.uniform<i16:f32, 0.001>>) -> tensor<2x8x!quant.uniform<i16:f32, 0.001>> {
      %s = quantir.constant dense<2.0> : tensor<8xf32> -> tensor<8xf32>
      %y = quantir.rms_norm %x, %s {epsilon = 1.0e-5 : f32}
          : tensor<2x8x!quant.uniform<i16:f32, 0.001>>, tensor<8xf32> -> tensor<2x8x!quant.uniform<i16:f32, 0.001>>
      return %y : tensor<2x8x!quant.uniform<i16:f32, 0.001>>
    }
    ```
  }];
  let arguments = (ins Quantir_Tensor:$input, Quantir_FloatTensor:$scale, F32Attr:$epsilon);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input `,` $scale attr-dict `:` type($input) `,` type($scale) `->` type($result)";
  let hasVerifier = 1;
}

#endif // QUANTIR_COMPUTE_OPS_TD
