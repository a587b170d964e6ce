#ifndef QUANTIR_CONVERSION_OPS_TD
#define QUANTIR_CONVERSION_OPS_TD

class Quantir_ConversionOp<string mnemonic>
    : Quantir_Op<mnemonic, [Pure, SameOperandsAndResultShape, Quantir_Asks,
                            DeclareOpInterfaceMethods<Quantir_ElementwiseInterface>]> {
  let hasVerifier = 1;
}

def Quantir_QuantizeOp : Quantir_ConversionOp<"quantize"> {
  let summary = "Real numbers to codes";
  let description = [{
    `code = saturate(round_ties_even(x / scale) + zero_point)` with one f32 division: ONNX QuantizeLinear. NaN
    gives the zero point.

    With `by_reciprocal`, for codes that no model asks for, `code = round_ties_even(clamp(fma(x, 1 / scale, zero_point)))`: half the work, and
    another code at ties alone. The reciprocal is rounded to f32; NaN gives the lowest code.

    * (Q1) the codes are 8 bits wide, or 16 with zero point 0, and the scale is a positive normal f32.
    * (Q2) `by_reciprocal` codes have one scale, whose reciprocal is a normal f32.

    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x3x!quant.uniform<u8:f32, 0.5:10>> {
      %q = quantir.quantize %x : tensor<2x3xf32> -> tensor<2x3x!quant.uniform<u8:f32, 0.5:10>>
      return %q : tensor<2x3x!quant.uniform<u8:f32, 0.5:10>>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input, UnitAttr:$by_reciprocal);
  let results = (outs Quantir_QuantizedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let builders = [OpBuilder<(ins "::mlir::Type":$result, "::mlir::Value":$input), [{
    build($_builder, $_state, result, input, /*by_reciprocal=*/false);
  }]>];
}

def Quantir_DequantizeOp : Quantir_ConversionOp<"dequantize"> {
  let summary = "Codes to real numbers";
  let description = [{
    `x = float(code - zero_point) * scale`: the difference is exact in 32 bits, converted and multiplied with one rounding each.

    * (D1) 32-bit codes have zero point 0.

    ```mlir
    func.func @example(%q: tensor<2x3x!quant.uniform<u8:f32, 0.5:10>>) -> tensor<2x3xf32> {
      %x = quantir.dequantize %q : tensor<2x3x!quant.uniform<u8:f32, 0.5:10>> -> tensor<2x3xf32>
      return %x : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_QuantizedTensor:$input);
  let results = (outs Quantir_FloatTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

def Quantir_RequantizeOp : Quantir_ConversionOp<"requantize"> {
  let summary = "Codes of one scale to 8-bit codes of another";
  let description = [{
    `code = clamp(round_ties_even(float(q - zp_in) * M) + zp_out, low, high)`, with the f32 multiplier `M = scale_in / scale_out` of
    each channel, computed in double and rounded once. `low` and `high` are codes, by default the storage range: a fused ReLU or
    Clip narrows them.

    With `q31` there is no floating point: `code = clamp(((q - zp_in) * m + 2^(s-1)) >> s) + zp_out, low, high)` in 64 bits, one rounding,
    halves up. `m` has 31 bits for the channel of the largest scale, and `s` is one for all channels (`FixedPoint.h`).

    * (R1) the input is 8, 16 or 32 bits wide, wider codes than 8 bits with zero point 0; the result is 8 bits wide, or with `q31` 16,
      per tensor; 16 bits, and symmetric 8 bits per axis, are read with `q31` only.
    * (R2) `low` is at most `high`, both within the storage range of the result.

    ```mlir
    func.func @relu(%acc: tensor<1x4x2x!quant.uniform<i32:f32:2, {0.001,0.002}>>) -> tensor<1x4x2x!quant.uniform<u8:f32, 0.5:3>> {
      %q = quantir.requantize %acc {low = 3 : i32}
          : tensor<1x4x2x!quant.uniform<i32:f32:2, {0.001,0.002}>> -> tensor<1x4x2x!quant.uniform<u8:f32, 0.5:3>>
      return %q : tensor<1x4x2x!quant.uniform<u8:f32, 0.5:3>>
    }
    func.func @wide(%acc: tensor<1x4x2x!quant.uniform<i32:f32:2, {0.001,0.002}>>) -> tensor<1x4x2x!quant.uniform<i16:f32, 0.01>> {
      %q = quantir.requantize %acc {q31}
          : tensor<1x4x2x!quant.uniform<i32:f32:2, {0.001,0.002}>> -> tensor<1x4x2x!quant.uniform<i16:f32, 0.01>>
      return %q : tensor<1x4x2x!quant.uniform<i16:f32, 0.01>>
    }
    ```
  }];
  let arguments = (ins Quantir_QuantizedTensor:$input, OptionalAttr<I32Attr>:$low, OptionalAttr<I32Attr>:$high,
      UnitAttr:$q31);
  let results = (outs Quantir_QuantizedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let extraClassDeclaration = [{
    /// The codes that the result is clamped to: `low` and `high`, or the storage range.
    std::pair<int32_t, int32_t> getClamp();
    /// One multiplier a channel, or one in all.
    llvm::SmallVector<float> getMultipliers();
    /// The same in fixed point.
    ::quantir::FixedPoint getFixedPoint();
  }];
}

def Quantir_ByteOp : Quantir_ConversionOp<"byte"> {
  let summary = "One byte of 16-bit codes";
  let description = [{
    `code = 256 * h + l`, `h` in [-128, 127] and `l` in [0, 255]. The result is `l`, of the same scale; with `high` it is `h + 128`, whose zero point is
    128 and whose scale 256 times that of the codes. Products of both by 8-bit weights have 32-bit sums where those of the codes have not.

    * (B1) the input is `i16` per tensor, zero point 0; the result `u8` with the scale and zero point above.

    ```mlir
    func.func @low(%x: tensor<4x!quant.uniform<i16:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 0.5>> {
      %l = quantir.byte %x : tensor<4x!quant.uniform<i16:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 0.5>>
      return %l : tensor<4x!quant.uniform<u8:f32, 0.5>>
    }
    func.func @high(%x: tensor<4x!quant.uniform<i16:f32, 0.5>>) -> tensor<4x!quant.uniform<u8:f32, 128.0:128>> {
      %h = quantir.byte %x {high} : tensor<4x!quant.uniform<i16:f32, 0.5>> -> tensor<4x!quant.uniform<u8:f32, 128.0:128>>
      return %h : tensor<4x!quant.uniform<u8:f32, 128.0:128>>
    }
    ```
  }];
  let arguments = (ins Quantir_QuantizedTensor:$input, UnitAttr:$high);
  let results = (outs Quantir_QuantizedTensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let extraClassDeclaration = [{
    /// The codes of one byte of codes of `type`.
    static ::mlir::quant::QuantizedType typeOf(::mlir::quant::QuantizedType type, bool high);
  }];
}

class Quantir_TableOp<string mnemonic>
    : Quantir_Op<mnemonic, [Pure, Quantir_Asks,
                            DeclareOpInterfaceMethods<Quantir_ElementwiseInterface, ["isTable"]>]> {
  let extraClassDefinition = [{
    bool $cppClass::isTable(unsigned operand) { return operand == 1; }
  }];
  let hasVerifier = 1;
}

def Quantir_LookupOp : Quantir_TableOp<"lookup"> {
  let summary = "A function of 8-bit codes, as a table";
  let description = [{
    `result = table[code - lowest code of the input's storage type]`.

    * (L1) the table has 256 entries of the result's storage; the input is 8 bits wide.

    ```mlir
    func.func @example(%x: tensor<4x!quant.uniform<u8:f32, 0.5:3>>, %table: tensor<256x!quant.uniform<u8:f32, 0.25>>)
        -> tensor<4x!quant.uniform<u8:f32, 0.25>> {
      %y = quantir.lookup %x, %table : tensor<4x!quant.uniform<u8:f32, 0.5:3>>, tensor<256x!quant.uniform<u8:f32, 0.25>>
          -> tensor<4x!quant.uniform<u8:f32, 0.25>>
      return %y : tensor<4x!quant.uniform<u8:f32, 0.25>>
    }
    ```
  }];
  let arguments = (ins Quantir_QuantizedTensor:$input, Quantir_QuantizedTensor:$table);
  let results = (outs Quantir_QuantizedTensor:$result);
  let assemblyFormat = "$input `,` $table attr-dict `:` type($input) `,` type($table) `->` type($result)";
}

def Quantir_InterpolateOp : Quantir_TableOp<"interpolate"> {
  let summary = "A function of 16-bit codes, as a piecewise quadratic";
  let description = [{
    The 65,536 codes fall into 64 segments of 1024. With `d` the distance of a code from the middle of its segment, in [-512, 511],
    and c0, c1, c2 the segment's column of the table,

        result = clamp((c0 + (c1 + ((c2 * d) >> 9)) * d + 2^(f-1)) >> f)

    in 32 bits, `f` being `fraction_bits`; the clamp is to the storage range of the result. `steps_off` is the certificate: how far the result is at most
    from the function that the table was made of, in steps of the result, found by trying all codes.

    * (I1) the input is `i16` per tensor, zero point 0; the result 8 or 16 bits wide, per tensor.
    * (I2) the table is `tensor<3x64xi32>`.
    * (I3) `fraction_bits` is in [0, 30].

    ```mlir
    func.func @example(%x: tensor<4x!quant.uniform<i16:f32, 0.001>>, %table: tensor<3x64xi32>) -> tensor<4x!quant.uniform<u8:f32, 0.25>> {
      %y = quantir.interpolate %x, %table {fraction_bits = 14 : i64, steps_off = 0.51 : f64}
          : tensor<4x!quant.uniform<i16:f32, 0.001>>, tensor<3x64xi32> -> tensor<4x!quant.uniform<u8:f32, 0.25>>
      return %y : tensor<4x!quant.uniform<u8:f32, 0.25>>
    }
    ```
  }];
  let arguments = (ins Quantir_QuantizedTensor:$input, Quantir_Tensor:$table, I64Attr:$fraction_bits, F64Attr:$steps_off);
  let results = (outs Quantir_QuantizedTensor:$result);
  let assemblyFormat = "$input `,` $table attr-dict `:` type($input) `,` type($table) `->` type($result)";
}

def Quantir_PiecewiseOp : Quantir_TableOp<"piecewise"> {
  let summary = "A function of real numbers, as codes, by a piecewise quadratic";
  let description = [{
    From `low` on there are 16 segments of equal width, but the last reaches to `high`. With `t = min(max(x, low), high)` (NaN becomes low),
    the segment `floor(min((t - low) * segments_per_unit, 15))`, and c0, c1, c2 its column of the table, in steps of the result, zero point included,

        result = clamp(round_ties_even(fma(fma(c2, t, c1), t, c0)))

    with one rounding to f32 an operation; the clamp is to the storage range of the result. A result in f32 is not rounded and not clamped, and the
    columns are those of real numbers. `steps_off` is the certificate: how far what is rounded is at most from the function that the table
    was made of, in steps of the codes that it becomes, over the numbers that were tried.

    * (P1) the result has 8-bit codes, per tensor, or is f32.
    * (P2) the table is `tensor<3x16xf32>`.
    * (P3) `low < high`, and all three numbers are finite, `segments_per_unit` above 0.

    ```mlir
    func.func @example(%x: tensor<4xf32>, %table: tensor<3x16xf32>) -> tensor<4x!quant.uniform<u8:f32, 0.25>> {
      %y = quantir.piecewise %x, %table {low = -4.0 : f32, high = 3.999 : f32, segments_per_unit = 2.0 : f32, steps_off = 0.02 : f64}
          : tensor<4xf32>, tensor<3x16xf32> -> tensor<4x!quant.uniform<u8:f32, 0.25>>
      return %y : tensor<4x!quant.uniform<u8:f32, 0.25>>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input, Quantir_FloatTensor:$table, F32Attr:$low, F32Attr:$high, F32Attr:$segments_per_unit,
      F64Attr:$steps_off);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = "$input `,` $table attr-dict `:` type($input) `,` type($table) `->` type($result)";
}

#endif // QUANTIR_CONVERSION_OPS_TD
