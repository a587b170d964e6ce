#ifndef QUANTIR_QUANTIZE_PASSES_TD
#define QUANTIR_QUANTIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def InsertObserversPass : Pass<"quantir-insert-observers", "mlir::func::FuncOp"> {
  let summary = "Show calibration every tensor whose range quantization needs";
  let description = [{
    Puts one `quantir.observe` behind each f32 value that an op with role `computes` reads as an activation. What has no weights
    is looked at before reshapes and transposes, which hold the same elements; with weights, the last dimension is the channels. The function's attribute `quantir.observed` names
    the tensors, entry i for the observer `index` i: `NODE:RESULT` from the ONNX node behind the value, so that the names outlive
    the IR.

    ```mlir
    func.func @main(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
      %w = quantir.constant dense<1.0> : tensor<8x4xf32> -> tensor<8x4xf32>
      %y = quantir.matmul %x, %w : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```
    becomes, with `{quantir.observed = ["argument0:0"]}` on the function,
    ```
      quantir.observe %x {index = 0 : i64} : tensor<1x8xf32>
    ```
  }];
  let options = [Option<"everything", "everything", "bool", "false",
                        "Show every other f32 value too: what integer-only code needs to know.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def NoteExtentsPass : Pass<"quantir-note-extents", "mlir::func::FuncOp"> {
  let summary = "Write on each op what calibration saw of its result";
  let description = [{
    Each op whose result has an entry in the module's `quantir.extents` (by the names of `quantir-insert-observers`) gets the attribute
    `quantir.extent = array<f64: low, high>`, which stays with it while it becomes an op on codes.

    ```mlir
    module attributes {quantir.extents = {"relu:0" = array<f64: 0.0, 6.5>}} {
      func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
        %y = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
        return %y : tensor<4xf32>
      }
    }
    ```
    gives `quantir.relu %x {quantir.extent = array<f64: 0.0, 6.5>}`.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def EqualizeChannelsPass : Pass<"quantir-equalize-channels", "mlir::ModuleOp"> {
  let summary = "Give the channels of one tensor like ranges";
  let description = [{
    One scale serves all channels of an activation, so one large channel takes the others' precision away. Where the weights behind
    it can take up a factor for each channel, depthwise convolutions and matrix products, the channels are multiplied and the weights
    divided: the same numbers, evenly spread. The factors go into the weights that make the channels when only ReLU is in between,
    into the constants of a layer norm, or become one multiplication of a tensor that is in floating point anyway. Which factors, and
    from which spread on, says `ChannelFactors.h`; the ranges come from `quantir.channels`, and it, `quantir.ranges` and
    `quantir.scales` are rewritten for what was changed.

    ```mlir
    func.func @main(%x: tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32> {
      %w = quantir.constant dense<16.0> : tensor<2x1x1x1xf32> -> tensor<2x1x1x1xf32>
      %v = quantir.silu %x : tensor<1x2x2x2xf32> -> tensor<1x2x2x2xf32>
      %r = quantir.conv %v, %w {groups = 2 : i64} : tensor<1x2x2x2xf32>, tensor<2x1x1x1xf32> -> tensor<1x2x2x2xf32>
      return %r : tensor<1x2x2x2xf32>
    }
    ```
    with channels of up to 8 and 1 convolves `%v * [1, 8]` with the filters 16 and 2.
  }];
  let options = [
    ListOption<"ignore", "ignore", "std::string", "Leave the nodes that one of these regular expressions matches alone.">,
    ListOption<"only", "only", "std::string", "Change what nodes that one of these regular expressions matches read, and no others.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def CenterKeysPass : Pass<"quantir-center-keys", "mlir::ModuleOp"> {
  let summary = "Take the mean of each channel from the keys of an attention";
  let description = [{
    One vector taken from all keys adds one number to all scores of a query, which softmax does not see. Where channels of the keys
    lie far from zero (`quantir.channels` says so), what remains needs a smaller range, and its codes are finer. The mean goes into
    the bias of the product that yields the keys, or into a subtraction; keys that would gain less than a tenth of their
    range stay. (Zhang et al., SageAttention, 2024)

    ```mlir
    func.func @main(%q: tensor<2x4xf32>, %k: tensor<3x4xf32>) -> tensor<2x3xf32> {
      %s = quantir.matmul %q, %k {transpose_rhs} : tensor<2x4xf32>, tensor<3x4xf32> -> tensor<2x3xf32>
      %p = quantir.softmax %s : tensor<2x3xf32> -> tensor<2x3xf32>
      return %p : tensor<2x3xf32>
    }
    ```
    subtracts a constant from `%k`.
  }];
  let options = [
    ListOption<"ignore", "ignore", "std::string", "Leave the nodes that one of these regular expressions matches in floating point.">,
    ListOption<"only", "only", "std::string", "Quantize nodes that one of these regular expressions matches, and no others.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def QuantizePass : Pass<"quantir-quantize", "mlir::func::FuncOp"> {
  let summary = "Compute convolutions, matrix products and spatial means on codes";
  let description = [{
    Each op with role `computes` reads `quantize`d activations (u8 with a zero point; the second activation of a matrix product
    i8 in [-127, 127] without) and weights as i8 codes per output channel, sums in 32 bits and yields a `dequantize`d
    accumulator. What the scales are, the module says: `quantir.scales` or `quantir.ranges` (`ActivationScales.h`). With
    `quantir.channels` (`ActivationChannels.h`) the bias makes up for the mean that rounding the weights takes from each channel.

    With `never-slower` a product by weights stays in floating point where codes are slower on the target, with the conversions that they
    make necessary: by the times that a tuning file has for both, else where f32 is that many times as fast by a model of cost.
    What is quantized then depends on the target.

    An op stays in floating point, and a `StaysFloat` remark says why, when a filter excludes it, its tensors were not observed, the
    model's outputs do not stand the rounding of its input (`output_noise` in `quantir.channels`), its weights are unsuitable, or its accumulator could overflow 32 bits: the bound `sum |w| * max |a - z| + |bias|` is proved from the
    codes of every channel and printed as the analysis remark `AccumulatorBound`.

    With 16-bit activations a product by weights is two, of the high bytes and of the low bytes of its input, both on 8-bit codes: sums of the 16-bit
    codes themselves could overflow from 517 products on.
    ```
      %x = quantir.quantize %0 : tensor<1x1024xf32> -> tensor<1x1024x!quant.uniform<i16:f32, S>>
      %h = quantir.byte %x {high} : ... -> tensor<1x1024x!quant.uniform<u8:f32, 256*S:128>>
      %l = quantir.byte %x : ... -> tensor<1x1024x!quant.uniform<u8:f32, S>>
      %1 = quantir.matmul %h, %w ...
      %2 = quantir.matmul %l, %w ...
    ```
    and the sum of both dequantized is the result. Products of two activations read 8 bits all the same.
  }];
  let options = [
    ListOption<"ignore", "ignore", "std::string", "Leave the nodes that one of these regular expressions matches in floating point.">,
    ListOption<"only", "only", "std::string", "Quantize nodes that one of these regular expressions matches, and no others.">,
    Option<"wideActivations", "wide-activations", "bool", "false", "Activations that weights multiply have 16 bits.">,
    Option<"widenSensitive", "widen-sensitive", "bool", "false",
           "They have 16 bits where the model's outputs do not stand the rounding to 8.">,
    Option<"keepDivision", "keep-division", "bool", "false", "Softmax divides by its sums at once, as its published forms do.">,
    Option<"neverSlower", "never-slower", "double", "0",
           "Leave in f32 what that makes so many times as fast on the target, by the model; 0: nothing.">,
    Option<"triple", "triple", "std::string", "", "Target triple; empty: this machine.">,
    Option<"cpu", "cpu", "std::string", "", "Processor; empty: this machine's.">,
    Option<"features", "features", "std::string", "", "Features to add or remove: +a,-b.">,
    Option<"tuning", "tuning", "std::string", "", "A file of measured times; empty: none.">,
    Option<"moreFollows", "more-follows", "bool", "false", "Instead of a remark, leave a note for a pass that may take the op up.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def ShareCodesPass : Pass<"quantir-share-codes", "mlir::func::FuncOp"> {
  let summary = "Add the codes of an image that a convolution reads anyway";
  let description = [{
    An image (four dimensions) that ops on codes read as bytes, and that otherwise is only added to others, as the residuals of
    convolutional networks are, is added as those bytes too. Nothing then keeps it in f32: a quarter of the memory is written and read, for
    one more rounding on the residual's way. What has another rank stays: the residuals of transformers have channels too far apart for one scale.

    ```mlir
    func.func @residual(%x: tensor<1x4x4x8xf32>, %y: tensor<1x4x4x8xf32>)
        -> (tensor<1x4x4x8x!quant.uniform<u8:f32, 0.5>>, tensor<1x4x4x8xf32>) {
      %r = quantir.relu %x : tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32>
      %q = quantir.quantize %r : tensor<1x4x4x8xf32> -> tensor<1x4x4x8x!quant.uniform<u8:f32, 0.5>>
      %s = quantir.add %r, %y : tensor<1x4x4x8xf32>, tensor<1x4x4x8xf32> -> tensor<1x4x4x8xf32>
      return %q, %s : tensor<1x4x4x8x!quant.uniform<u8:f32, 0.5>>, tensor<1x4x4x8xf32>
    }
    ```
    adds `quantir.dequantize %q` to `%y`.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def PropagateScalesPass : Pass<"quantir-propagate-scales", "mlir::func::FuncOp"> {
  let summary = "Quantize before data move, so that bytes move";
  let description = [{
    Hoists `quantize`, and casts to bf16, above ops with role `same_scale` (reshape, transpose, slice, pad, concat, gather, expand, max_pool, nearest
    resize, reduce max and min) when nothing else reads the moved f32 tensor. Rounding is monotone, so
    selecting and quantizing commute exactly: no bit of any result changes. Equal quantizes of one value become one. Slices of a
    transposed tensor, as exporters cut queries, keys and values apart, are taken before the transpose, which then moves bytes as well.

    ```mlir
    func.func @pool(%x: tensor<1x4x4x8xf32>) -> tensor<1x2x2x8x!quant.uniform<u8:f32, 0.5:3>> {
      %p = quantir.max_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>} : tensor<1x4x4x8xf32> -> tensor<1x2x2x8xf32>
      %q = quantir.quantize %p : tensor<1x2x2x8xf32> -> tensor<1x2x2x8x!quant.uniform<u8:f32, 0.5:3>>
      return %q : tensor<1x2x2x8x!quant.uniform<u8:f32, 0.5:3>>
    }
    ```
    quantizes `%x` and pools the codes.
  }];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def QuantizeTablesPass : Pass<"quantir-quantize-tables", "mlir::func::FuncOp"> {
  let summary = "Keep the tables of embeddings as bytes";
  let description = [{
    A `gather` of rows of a constant f32 table gathers i8 codes instead, with one scale for each column of the table, and the rows are
    `dequantize`d: a quarter of the bytes, and an error like that of weights. Tables of less than 16 rows stay. Where all readers
    `quantize` the rows, `quantir-propagate-scales` has made codes of the table already.

    ```mlir
    func.func @embedding(%ids: tensor<1x8xi64>) -> tensor<1x8x2xf32> {
      %table = quantir.constant dense<0.5> : tensor<1000x2xf32> -> tensor<1000x2xf32>
      %y = quantir.gather %table, %ids {axis = 0 : i64} : tensor<1000x2xf32>, tensor<1x8xi64> -> tensor<1x8x2xf32>
      return %y : tensor<1x8x2xf32>
    }
    ```
    gathers `tensor<1x8x2x!quant.uniform<i8<-127:127>:f32:2, {...}>>`.
  }];
  let options = [
    ListOption<"ignore", "ignore", "std::string", "Leave the nodes that one of these regular expressions matches in floating point.">,
    ListOption<"only", "only", "std::string", "Quantize nodes that one of these regular expressions matches, and no others.">,
    Option<"moreFollows", "more-follows", "bool", "false", "Instead of a remark, leave a note for a pass that may take the op up.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def ShortenFloatsPass : Pass<"quantir-shorten-floats", "mlir::func::FuncOp"> {
  let summary = "Multiply numbers of 16 bits";
  let description = [{
    With `bf16` products read both operands rounded to bf16, with `f16` their weights are f16; sums, biases and everything between products
    stay f32. Tables of embeddings are kept in 16 bits too. A `StaysFloat` remark names what stays: depthwise convolutions, weights out of range, and with `f16`
    products of two activations. Activations are not rounded to f16, as they are multiplied in f32 anyway and could leave its range.

    ```mlir
    func.func @main(%x: tensor<1x8xf32>) -> tensor<1x4xf32> {
      %w = quantir.constant dense<1.0> : tensor<8x4xf32> -> tensor<8x4xf32>
      %y = quantir.matmul %x, %w : tensor<1x8xf32>, tensor<8x4xf32> -> tensor<1x4xf32>
      return %y : tensor<1x4xf32>
    }
    ```
    becomes
    ```
      %0 = quantir.cast %x : tensor<1x8xf32> -> tensor<1x8xbf16>
      %1 = quantir.cast %w : tensor<8x4xf32> -> tensor<8x4xbf16>
      %y = quantir.matmul %0, %1 : tensor<1x8xbf16>, tensor<8x4xbf16> -> tensor<1x4xf32>
    ```
  }];
  let options = [
    Option<"type", "type", "std::string", "\"bf16\"", "bf16 or f16.">,
    ListOption<"ignore", "ignore", "std::string", "Leave the nodes that one of these regular expressions matches alone.">,
    ListOption<"only", "only", "std::string", "Shorten nodes that one of these regular expressions matches, and no others.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

def IntegerizePass : Pass<"quantir-integerize", "mlir::func::FuncOp"> {
  let summary = "Turn dequantize, clamp, quantize into one requantize";
  let description = [{
    `dequantize -> [relu | clip]... -> quantize` becomes `requantize`, whose `low` and `high` are the codes of the clamps' bounds: one
    multiplication and one rounding, as integer kernels do it. Codes that come back to their own type unchanged are used as they are.
    A `relu` in front of another `quantize` goes when the lowest code stands for zero.
    ```mlir
    func.func @relu(%acc: tensor<4x!quant.uniform<i32:f32, 0.001>>) -> tensor<4x!quant.uniform<u8:f32, 0.5:3>> {
      %x = quantir.dequantize %acc : tensor<4x!quant.uniform<i32:f32, 0.001>> -> tensor<4xf32>
      %r = quantir.relu %x : tensor<4xf32> -> tensor<4xf32>
      %q = quantir.quantize %r : tensor<4xf32> -> tensor<4x!quant.uniform<u8:f32, 0.5:3>>
      return %q : tensor<4x!quant.uniform<u8:f32, 0.5:3>>
    }
    ```
    becomes `quantir.requantize %acc {low = 3 : i32}`.
  }];
  let options = [Option<"moreFollows", "more-follows", "bool", "false",
                        "No remarks on what stays in floating point: another pass takes it up.">];
  let dependentDialects = ["quantir::QuantirDialect"];
}

#endif // QUANTIR_QUANTIZE_PASSES_TD
