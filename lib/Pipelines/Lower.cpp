#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Pipelines.h"

using namespace mlir;
using namespace quantir;

/// What kernels may use: LLVM carries AMX's registers through loops only when
/// it optimizes.
static std::string kernelFeatures(const TargetSpec &target) {
  if (target.optLevel > 0 || !target.has("amx-tile"))
    return target.features;
  return target.features + (target.features.empty() ? "" : ",") + "-amx-tile";
}

void quantir::buildLowerPipeline(OpPassManager &manager,
                                 const TargetSpec &target,
                                 bool outerConstants) {
  manager.addPass(createLowerKernelsPass(LowerKernelsPassOptions{
      target.triple, target.cpu, kernelFeatures(target), outerConstants}));
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createLoopInvariantCodeMotionPass());
  manager.addPass(createShareKernelsPass());
  manager.addPass(createPlanMemoryPass());
}

void quantir::buildLLVMPipeline(OpPassManager &manager, StringRef name,
                                bool isMerged) {
  if (!isMerged)
    manager.addPass(createMergeConstantsPass());
  manager.addPass(createLowerToLLVMPass(LowerToLLVMPassOptions{name.str()}));
}
