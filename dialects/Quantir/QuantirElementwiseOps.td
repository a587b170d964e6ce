#ifndef QUANTIR_ELEMENTWISE_OPS_TD
#define QUANTIR_ELEMENTWISE_OPS_TD

// Every formula is defined to the bit by ElementwiseMath.h.

class Quantir_CodesOp<string mnemonic, string formula, string codes, list<Trait> traits = []>
    : Quantir_BinaryOp<mnemonic, formula, traits> {
  let description = "`" # formula # [{` for every element, the operands broadcast as in numpy. Both operands and the result are f32, or
    integers of one type (which wrap), or codes, each of its own scale: `q = saturate(}] # codes # [{ + zp)`, in 64 bits
    (`FixedPointMath.h`).

    * (N1) codes are per tensor: operands of 8 or 16 bits, or 32 bits with zero point 0; results of 8 or 16 bits.
    * (N2) what is added or subtracted may be 32-bit codes per axis that have the result's shape.

    ```mlir
    func.func @float(%a: tensor<2x3xf32>, %b: tensor<3xf32>) -> tensor<2x3xf32> {
      %r = quantir.}] # mnemonic # [{ %a, %b : tensor<2x3xf32>, tensor<3xf32> -> tensor<2x3xf32>
      return %r : tensor<2x3xf32>
    }
    func.func @codes(%a: tensor<2x3x!quant.uniform<i16:f32, 0.001>>, %b: tensor<3x!quant.uniform<u8:f32, 0.5:3>>)
        -> tensor<2x3x!quant.uniform<i16:f32, 0.002>> {
      %r = quantir.}] # mnemonic # [{ %a, %b : tensor<2x3x!quant.uniform<i16:f32, 0.001>>, tensor<3x!quant.uniform<u8:f32, 0.5:3>>
          -> tensor<2x3x!quant.uniform<i16:f32, 0.002>>
      return %r : tensor<2x3x!quant.uniform<i16:f32, 0.002>>
    }
    ```
  }];
}
def Quantir_AddOp : Quantir_CodesOp<"add", "lhs + rhs",
    "((qa - za) * Ma + (qb - zb) * Mb + 2^(s-1)) >> s", [Commutative]>;
def Quantir_SubOp : Quantir_CodesOp<"sub", "lhs - rhs",
    "((qa - za) * Ma - (qb - zb) * Mb + 2^(s-1)) >> s">;
def Quantir_MulOp : Quantir_CodesOp<"mul", "lhs * rhs",
    "((qa - za) * (qb - zb) * M + 2^(s-1)) >> s", [Commutative]>;
def Quantir_DivOp : Quantir_BinaryOp<"div", "lhs / rhs (integers: towards zero, x / 0 = 0)">;
def Quantir_MaxOp : Quantir_BinaryOp<"max", "lhs > rhs ? lhs : rhs">;
def Quantir_MinOp : Quantir_BinaryOp<"min", "lhs < rhs ? lhs : rhs">;
def Quantir_AndOp : Quantir_BinaryOp<"and", "lhs and rhs (i1 or integer bits)", [Commutative]> {
  let description = [{
    ```mlir
    func.func @example(%a: tensor<4xi1>, %b: tensor<4xi1>) -> tensor<4xi1> {
      %r = quantir.and %a, %b : tensor<4xi1>, tensor<4xi1> -> tensor<4xi1>
      return %r : tensor<4xi1>
    }
    ```
  }];
}
def Quantir_OrOp : Quantir_BinaryOp<"or", "lhs or rhs (i1 or integer bits)", [Commutative]> {
  let description = [{
    ```mlir
    func.func @example(%a: tensor<4xi1>, %b: tensor<4xi1>) -> tensor<4xi1> {
      %r = quantir.or %a, %b : tensor<4xi1>, tensor<4xi1> -> tensor<4xi1>
      return %r : tensor<4xi1>
    }
    ```
  }];
}

// On f32 and integers (which wrap), not on i1.
let hasVerifier = 1 in {
def Quantir_NegOp : Quantir_UnaryOp<"neg", "-x">;
def Quantir_AbsOp : Quantir_UnaryOp<"abs", "|x|">;
def Quantir_ReluOp : Quantir_UnaryOp<"relu", "max(x, 0)">;
}

def Quantir_FloorOp : Quantir_FloatFunctionOp<"floor", "floor(x)">;
def Quantir_CeilOp : Quantir_FloatFunctionOp<"ceil", "ceil(x)">;
def Quantir_RoundOp : Quantir_FloatFunctionOp<"round", "x rounded to the nearest integer, ties to even">;
def Quantir_SqrtOp : Quantir_UnaryOp<"sqrt", "sqrt(x)"> {
  let hasVerifier = 1;
  let description = [{
    Correctly rounded in f32. On codes the root of `q * M`, where `M` is `scale_in / scale_out^2`, by Newton's method, at most 0.51 steps off; 0 for
    negative codes.

    * (S1) f32 to f32; or codes of 16 or 32 bits per tensor, zero point 0, to codes of 8 or 16 bits.

    ```mlir
    func.func @float(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.sqrt %x : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    func.func @codes(%x: tensor<2x!quant.uniform<i32:f32, 0.5>>) -> tensor<2x!quant.uniform<i16:f32, 0.25>> {
      %y = quantir.sqrt %x : tensor<2x!quant.uniform<i32:f32, 0.5>> -> tensor<2x!quant.uniform<i16:f32, 0.25>>
      return %y : tensor<2x!quant.uniform<i16:f32, 0.25>>
    }
    ```
  }];
}
def Quantir_ReciprocalOp : Quantir_UnaryOp<"reciprocal", "1 / x"> {
  let hasVerifier = 1;
  let description = [{
    Correctly rounded in f32. On codes, `floor(K / q)` for positive `q`, where `K` is `1 / (scale_in * scale_out)` rounded, and the largest code for
    others.

    * (R1) f32 to f32; or codes of 16 or 32 bits per tensor, zero point 0, to 32 bits.

    ```mlir
    func.func @float(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.reciprocal %x : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    func.func @codes(%x: tensor<2x!quant.uniform<i32:f32, 0.5>>) -> tensor<2x!quant.uniform<i32:f32, 0.001>> {
      %y = quantir.reciprocal %x : tensor<2x!quant.uniform<i32:f32, 0.5>> -> tensor<2x!quant.uniform<i32:f32, 0.001>>
      return %y : tensor<2x!quant.uniform<i32:f32, 0.001>>
    }
    ```
  }];
}
def Quantir_ExpOp : Quantir_FloatFunctionOp<"exp", "e^x">;
def Quantir_LogOp : Quantir_FloatFunctionOp<"log", "ln x">;
def Quantir_ErfOp : Quantir_FloatFunctionOp<"erf", "erf(x)">;
def Quantir_TanhOp : Quantir_FloatFunctionOp<"tanh", "tanh(x)">;
def Quantir_SigmoidOp : Quantir_FloatFunctionOp<"sigmoid", "1 / (1 + e^-x)">;
def Quantir_SiluOp : Quantir_FloatFunctionOp<"silu", "x / (1 + e^-x)">;
def Quantir_SoftplusOp : Quantir_FloatFunctionOp<"softplus", "ln(1 + e^x)">;
def Quantir_HardSwishOp : Quantir_FloatFunctionOp<"hard_swish", "x * min(max(x / 6 + 1/2, 0), 1)">;

def Quantir_NotOp : Quantir_UnaryOp<"not", "not x (i1 or integer bits)"> {
  let hasVerifier = 1;
  let description = [{
    ```mlir
    func.func @example(%x: tensor<4xi1>) -> tensor<4xi1> {
      %y = quantir.not %x : tensor<4xi1> -> tensor<4xi1>
      return %y : tensor<4xi1>
    }
    ```
  }];
}

def Quantir_GeluOp : Quantir_FloatFunctionOp<"gelu", "x * Phi(x)"> {
  let description = [{
    `erf` form: `x / 2 * (1 + erf(x / sqrt 2))`;
    `tanh` form: `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3)))`.

    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.gelu %x {form = #quantir.gelu_form<tanh>} : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input,
      DefaultValuedAttr<Quantir_GeluFormAttr, "::quantir::GeluForm::erf">:$form);
}

def Quantir_ClipOp : Quantir_FloatFunctionOp<"clip", "min(max(x, low), high)"> {
  let description = [{
    A missing bound is an infinity.
    * (C1) `low` is at most `high`, and neither is NaN.

    ```mlir
    func.func @relu6(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.clip %x {low = 0.0 : f32, high = 6.0 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input,
      DefaultValuedAttr<F32Attr, "-std::numeric_limits<float>::infinity()">:$low,
      DefaultValuedAttr<F32Attr, "std::numeric_limits<float>::infinity()">:$high);
  let hasVerifier = 1;
}

def Quantir_LeakyReluOp : Quantir_FloatFunctionOp<"leaky_relu", "x < 0 ? alpha * x : x"> {
  let description = [{
    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.leaky_relu %x {alpha = 0.1 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input, F32Attr:$alpha);
}

def Quantir_HardSigmoidOp : Quantir_FloatFunctionOp<"hard_sigmoid", "min(max(alpha * x + beta, 0), 1)"> {
  let description = [{
    ```mlir
    func.func @example(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
      %y = quantir.hard_sigmoid %x {alpha = 0.2 : f32, beta = 0.5 : f32} : tensor<2x3xf32> -> tensor<2x3xf32>
      return %y : tensor<2x3xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_FloatTensor:$input, F32Attr:$alpha, F32Attr:$beta);
}

def Quantir_CastOp : Quantir_UnaryOp<"cast", "x as a number of the result's type"> {
  let description = [{
    Between f32 and integers and i1. Float to integer truncates towards zero and saturates (NaN
    gives 0); to i1 it is `x != 0`; integers wrap. An integer or i1 becomes the code of its value, rounded halves up and saturated; codes
    become integers as real numbers do, exactly. To f16 and bf16 f32 is rounded to nearest, ties to even, to infinity beyond the largest; to bf16
    what is below 2^-55 in magnitude becomes 0 first.

    * (C1) codes are made of integers or become them, have 8 or 16 bits, one scale, which is an f32 below 2^31.
    * (C2) bf16 and f16 are made of f32 and become f32.

    ```mlir
    func.func @example(%x: tensor<4xi64>) -> tensor<4xf32> {
      %y = quantir.cast %x : tensor<4xi64> -> tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let hasVerifier = 1;
}

def Quantir_CompareOp : Quantir_ShapedOp<"compare",
    [Quantir_Asks, DeclareOpInterfaceMethods<Quantir_ElementwiseInterface>]> {
  let summary = "lhs <predicate> rhs";
  let description = [{
    ```mlir
    func.func @example(%a: tensor<4xi64>, %b: tensor<i64>) -> tensor<4xi1> {
      %r = quantir.compare <lt> %a, %b : tensor<4xi64>, tensor<i64> -> tensor<4xi1>
      return %r : tensor<4xi1>
    }
    ```
  }];
  let arguments = (ins Quantir_ComparePredicateAttr:$predicate, Quantir_Tensor:$lhs, Quantir_Tensor:$rhs);
  let results = (outs Quantir_BoolTensor:$result);
  let assemblyFormat = [{
    $predicate $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Quantir_SelectOp : Quantir_ShapedOp<"select",
    [Quantir_Asks, DeclareOpInterfaceMethods<Quantir_ElementwiseInterface>]> {
  let summary = "condition ? lhs : rhs";
  let description = [{
    ```mlir
    func.func @example(%c: tensor<4xi1>, %a: tensor<f32>, %b: tensor<4xf32>) -> tensor<4xf32> {
      %r = quantir.select %c, %a, %b : tensor<4xi1>, tensor<f32>, tensor<4xf32> -> tensor<4xf32>
      return %r : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins Quantir_BoolTensor:$condition, Quantir_Tensor:$lhs, Quantir_Tensor:$rhs);
  let results = (outs Quantir_Tensor:$result);
  let assemblyFormat = [{
    $condition `,` $lhs `,` $rhs attr-dict `:` type($condition) `,` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // QUANTIR_ELEMENTWISE_OPS_TD
