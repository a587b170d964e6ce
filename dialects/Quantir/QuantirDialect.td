#ifndef QUANTIR_DIALECT_TD
#define QUANTIR_DIALECT_TD

include "mlir/IR/OpBase.td"

def Quantir_Dialect : Dialect {
  let name = "quantir";
  let cppNamespace = "::quantir";
  let summary = "Neural networks whose integer arithmetic is explicit.";
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let description = [{
    A program is a function over ranked tensors of static shape. A quantized tensor carries
    `!quant.uniform` as its element type: real = scale * (code - zero point). Images are laid out
    `[N, H, W, C]`, filters `[O, KH, KW, C / groups]`.
  }];
}

#endif // QUANTIR_DIALECT_TD
