#include "quantir/Pipelines/Registration.h"

#include "Quantir/QuantirDialect.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Import/Passes.h"
#include "quantir/Interpret/Passes.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Passes.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Quantize/Passes.h"

using namespace mlir;
using namespace quantir;

void quantir::registerAllDialects(DialectRegistry &registry) {
  registry
      .insert<QuantirDialect, arith::ArithDialect, func::FuncDialect,
              gpu::GPUDialect, LLVM::LLVMDialect, linalg::LinalgDialect,
              math::MathDialect, memref::MemRefDialect, quant::QuantDialect,
              scf::SCFDialect, spirv::SPIRVDialect, vector::VectorDialect>();
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
}

namespace {
struct GpuPipelineOptions : PassPipelineOptions<GpuPipelineOptions> {
  Option<std::string> target{*this, "target", llvm::cl::init("generic"),
                             llvm::cl::desc("Family of GPUs.")};
  Option<int64_t> largestBinding{
      *this, "largest-binding", llvm::cl::init(kLargestBinding),
      llvm::cl::desc("Bytes that a device binds in one piece.")};
  Option<int64_t> mostGroups{
      *this, "most-groups", llvm::cl::init(kMostGroups),
      llvm::cl::desc("Workgroups that a device runs along a dimension.")};
};
} // namespace

void quantir::registerAllPasses() {
  registerTransformsPasses();
  registerQuantirInterpretPasses();
  registerQuantirPipelinesPasses();
  registerQuantirImportPasses();
  registerQuantirQuantizePasses();
  registerQuantirApproximatePasses();
  registerQuantirFusePasses();
  PassPipelineRegistration<>(
      "quantir-import-pipeline",
      "Layout and whole operations for a float model",
      [](OpPassManager &manager) { buildImportPipeline(manager); });
  PassPipelineRegistration<QuantizePipelineOptions>(
      "quantir-quantize-pipeline", "Compute on 8-bit codes where it pays",
      buildQuantizePipeline);
  PassPipelineRegistration<>(
      "quantir-fuse-pipeline", "Group operations into kernels",
      [](OpPassManager &manager) { buildFusePipeline(manager); });
  registerQuantirLowerPasses();
  registerQuantirGpuPasses();
  PassPipelineRegistration<GpuPipelineOptions>(
      "quantir-gpu-pipeline", "Group operations into kernels for a GPU",
      [](OpPassManager &manager, const GpuPipelineOptions &options) {
        buildGpuPipeline(manager, options.target,
                         {options.largestBinding, options.mostGroups});
      });
}
