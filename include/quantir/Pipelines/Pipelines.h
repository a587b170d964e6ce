#ifndef QUANTIR_PIPELINES_PIPELINES_H
#define QUANTIR_PIPELINES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "quantir/Gpu/GpuLimits.h"
#include "quantir/Target/TargetSpec.h"

namespace quantir {

/// What a caller may choose about quantization.
struct QuantizePipelineOptions
    : mlir::PassPipelineOptions<QuantizePipelineOptions> {
  ListOption<std::string> ignore{
      *this, "ignore",
      llvm::cl::desc("Leave nodes that match one of these in float.")};
  ListOption<std::string> only{
      *this, "only",
      llvm::cl::desc("Quantize nodes that match one of these alone.")};
  Option<bool> integerOnly{
      *this, "integer-only",
      llvm::cl::desc("Compute on codes what 8 bits do not hold, too.")};
  Option<bool> wideActivations{
      *this, "wide-activations",
      llvm::cl::desc("16-bit codes for what weights multiply; integer-only.")};
  Option<bool> verifyIntegerOnly{
      *this, "verify-integer-only",
      llvm::cl::desc("Refuse what still computes in floating point.")};
  Option<double> neverSlower{
      *this, "never-slower", llvm::cl::init(0),
      llvm::cl::desc("Leave in f32 what that makes so many times as fast.")};
  Option<std::string> triple{*this, "triple", llvm::cl::desc("Its triple.")};
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("Its processor.")};
  Option<std::string> features{*this, "features",
                               llvm::cl::desc("Its features: +a,-b.")};
  Option<std::string> tuning{*this, "tuning",
                             llvm::cl::desc("A file of times on it.")};
  Option<std::string> softmax{*this, "softmax", llvm::cl::init("house"),
                              llvm::cl::desc("Whose integer softmax.")};
  Option<std::string> gelu{*this, "gelu", llvm::cl::init("table"),
                           llvm::cl::desc("Whose integer GELU.")};
  Option<std::string> norm{*this, "norm", llvm::cl::init("house"),
                           llvm::cl::desc("Whose integer layer norm.")};
};

/// The imported float model with images channels last, no transposes between
/// its convolutions, and whole operations where exporters wrote subgraphs.
/// \param forIntegers  with what integer-only code needs beyond that.
void buildImportPipeline(mlir::OpPassManager &manager,
                         bool forIntegers = false);

/// From f32 `quantir` with `quantir.scales` or `quantir.ranges` to integer ops.
void buildQuantizePipeline(mlir::OpPassManager &manager,
                           const QuantizePipelineOptions &options);

/// From f32 `quantir` to products of 16-bit floats, of type "bf16" or "f16".
void buildShortenPipeline(mlir::OpPassManager &manager,
                          const QuantizePipelineOptions &options,
                          llvm::StringRef type);

/// From `quantir` ops to `quantir.kernel`s; without a target, for a processor
/// of which nothing is known.
void buildFusePipeline(mlir::OpPassManager &manager,
                       const TargetSpec *target = nullptr);

/// From kernels to vector code over buffers in one arena.
/// \param outerConstants  for code that runs here: see OuterConstants.h.
void buildLowerPipeline(mlir::OpPassManager &manager, const TargetSpec &target,
                        bool outerConstants = false);

/// From `quantir` ops to SPIR-V modules and a main of dispatches, of which
/// `gpuProgramOf` makes a program; `family` is a name of `GpuTarget`.
void buildGpuPipeline(mlir::OpPassManager &manager, llvm::StringRef family,
                      const DispatchLimits &limits = {});

/// To the LLVM dialect, with the entry point `<name>_run`.
/// \param isMerged  the constants are what `mergeConstants` made.
void buildLLVMPipeline(mlir::OpPassManager &manager, llvm::StringRef name,
                       bool isMerged = false);

} // namespace quantir

#endif // QUANTIR_PIPELINES_PIPELINES_H
