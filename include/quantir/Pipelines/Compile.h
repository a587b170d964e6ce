#ifndef QUANTIR_PIPELINES_COMPILE_H
#define QUANTIR_PIPELINES_COMPILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "quantir/Calibrate/Estimators.h"
#include "quantir/Import/ImportOnnx.h"
#include "quantir/Target/TargetSpec.h"

#include <functional>

namespace mlir {
class OpPassManager;
class PassManager;
} // namespace mlir

namespace quantir {

struct GpuTarget;

/// The stages of a compilation; each can be printed, and those that are MLIR
/// can be read back. `LlvmIR` and `Asm` are the optimised code as text;
/// `Spirv` and `SpirvCode` are what a GPU gets, in MLIR and as its modules.
enum class Stage {
  Onnx,
  Import,
  Quantize,
  Fuse,
  Linalg,
  Llvm,
  Spirv,
  LlvmIR,
  Asm,
  SpirvCode,
  Artifact
};

/// How numbers are represented. W8A16, weights of 8 bits and activations of 16,
/// is integer-only; F16 and Bf16 multiply short floats and need no sample data.
enum class Scheme { None, W8A8, W8A16, F16, Bf16 };

/// Which remarks of the passes become diagnostics: regular expressions over
/// their categories (quantir-import, quantir-quantize, quantir-fuse); an empty
/// one asks for none.
struct RemarkFilter {
  std::string passed, missed, analysis;
};

/// What a caller may choose; nothing is read from global flags.
struct CompileOptions {
  ImportOptions import;
  Scheme scheme = Scheme::None;
  /// Sample data (`openSamples` says what may be there), or empty.
  std::string calibration;
  Estimator estimator;
  /// Saved statistics that are merged with those of the data, and where to save
  /// the sum; may be empty.
  std::vector<std::string> statisticsIn;
  std::string statisticsOut;
  /// Regular expressions over ONNX node names: what stays in float, and what
  /// alone is quantized. Each must match a node.
  std::vector<std::string> ignore, only;
  /// Leave a product in floating point where that is so many times as fast on
  /// the target by a model of cost, or faster as `tuning` has measured; 0:
  /// compute all on codes. Integer-only code does not ask.
  double neverSlower = 3;
  /// Integers alone between the conversions of inputs and outputs; and whether
  /// what cannot be is an error.
  bool integerOnly = false, verifyIntegerOnly = false;
  /// Whose integer arithmetic: names of lib/Approximate.
  std::string softmax = "house", gelu = "table", norm = "house";
  /// The processor, or the lowest of several; `better` are the others, from
  /// lower to best. One artifact has code for each; all share what comes before
  /// lowering, so that they compute the same bytes.
  TargetSpec target;
  std::vector<TargetSpec> better;
  /// The GPUs that the artifact has code for too, or null.
  const GpuTarget *gpu = nullptr;
  /// A file of tiles to use (`Tuning`), or empty.
  std::string tuning;
  /// Where to add the tiles that were timed on this machine, or empty; and for
  /// how many seconds about.
  std::string tune;
  double tuneSeconds = 60;
  /// Where to stop; `Artifact` writes a library and a header.
  Stage stage = Stage::Artifact;
  RemarkFilter remarks;
  /// Called when the passes of a stage, from `Import` to `Llvm`, are in its
  /// manager: what it adds runs after them. A stage without passes, such as
  /// `Quantize` when nothing is quantized, is passed over.
  std::function<void(Stage, mlir::OpPassManager &)> addPasses;
  /// Called with each pass manager before it runs, for timing or printing.
  std::function<mlir::LogicalResult(mlir::PassManager &)> instrument;

  /// All processors, the lowest first.
  llvm::SmallVector<TargetSpec> targets() const;
};

/// How a compilation ended.
enum class Outcome { Done, Refused, CannotWrite };

/// Compiles the ONNX model at `modelPath` and writes `output`: for
/// `Stage::Artifact` a library by its ending (.so, .o, .a) with its header, for
/// `Stage::SpirvCode` a folder with a file for each module, for other stages
/// the IR as text ("-": standard output, text always). Files appear whole or
/// not at all. What is wrong comes out as diagnostics of `context`, which must
/// have been made with `registerAllDialects`.
Outcome compile(mlir::MLIRContext *context, llvm::StringRef modelPath,
                const CompileOptions &options, llvm::StringRef output);

/// Parses `NAME:1x3x224x224`, the value of --shape.
llvm::Error addShape(ImportOptions &options, llvm::StringRef text);

} // namespace quantir

#endif // QUANTIR_PIPELINES_COMPILE_H
