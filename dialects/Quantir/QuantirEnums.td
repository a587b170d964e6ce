#ifndef QUANTIR_ENUMS_TD
#define QUANTIR_ENUMS_TD

include "mlir/IR/EnumAttr.td"

class Quantir_Enum<string name, string summary, list<string> cases>
    : I32EnumAttr<name, summary,
          !foreach(i, !range(cases), I32EnumAttrCase<cases[i], i>)> {
  let cppNamespace = "::quantir";
  let genSpecializedAttr = 0;
}

class Quantir_EnumAttr<EnumInfo enum, string mnemonic>
    : EnumAttr<Quantir_Dialect, enum, mnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

def Quantir_ReduceKind : Quantir_Enum<"ReduceKind", "what a reduction computes",
    ["sum", "mean", "max", "min", "prod"]>;
def Quantir_ComparePredicate : Quantir_Enum<"ComparePredicate", "an ordering of two numbers",
    ["eq", "ne", "lt", "le", "gt", "ge"]>;
def Quantir_PadMode : Quantir_Enum<"PadMode", "what stands outside a tensor",
    ["constant", "edge", "reflect"]>;
def Quantir_GeluForm : Quantir_Enum<"GeluForm", "which GELU",
    ["erf", "tanh"]>;
/// The published ones are described in lib/Approximate.
def Quantir_SoftmaxForm : Quantir_Enum<"SoftmaxForm", "whose integer softmax",
    ["house", "ibert", "shiftmax", "log2", "hyq", "litert", "litert16", "index", "xnnpack"]>;
def Quantir_NormForm : Quantir_Enum<"NormForm", "whose integer layer norm", ["house", "ibert", "ivit"]>;
def Quantir_ResizeMode : Quantir_Enum<"ResizeMode", "how a resize reads its input",
    ["nearest", "linear"]>;
def Quantir_ResizeCoordinates : Quantir_Enum<"ResizeCoordinates",
    "how an output coordinate becomes an input coordinate",
    ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]>;
def Quantir_ResizeRounding : Quantir_Enum<"ResizeRounding",
    "how a nearest resize rounds an input coordinate",
    ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]>;

/// What quantization may do with an operation; see QuantizationInterface.
def Quantir_QuantizationRole : Quantir_Enum<"QuantizationRole", "what quantization may do with an op",
    ["computes", "same_scale", "fixed_range", "float_only", "converts"]>;

def Quantir_ReduceKindAttr : Quantir_EnumAttr<Quantir_ReduceKind, "reduce_kind">;
def Quantir_ComparePredicateAttr : Quantir_EnumAttr<Quantir_ComparePredicate, "predicate">;
def Quantir_PadModeAttr : Quantir_EnumAttr<Quantir_PadMode, "pad_mode">;
def Quantir_GeluFormAttr : Quantir_EnumAttr<Quantir_GeluForm, "gelu_form">;
def Quantir_SoftmaxFormAttr : Quantir_EnumAttr<Quantir_SoftmaxForm, "softmax_form">;
def Quantir_NormFormAttr : Quantir_EnumAttr<Quantir_NormForm, "norm_form">;
def Quantir_ResizeModeAttr : Quantir_EnumAttr<Quantir_ResizeMode, "resize_mode">;
def Quantir_ResizeCoordinatesAttr : Quantir_EnumAttr<Quantir_ResizeCoordinates, "coordinates">;
def Quantir_ResizeRoundingAttr : Quantir_EnumAttr<Quantir_ResizeRounding, "rounding">;

#endif // QUANTIR_ENUMS_TD
