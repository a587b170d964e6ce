#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Pipelines/Pipelines.h"

using namespace mlir;
using namespace quantir;

void quantir::buildGpuPipeline(OpPassManager &manager, StringRef family,
                               const DispatchLimits &limits) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createFoldTransposesPass());
  functions.addPass(createSplitProductsPass());
  functions.addPass(createSinkReshapesPass());
  functions.addPass(createCSEPass());
  functions.addPass(
      createFuseKernelsPass(FuseKernelsPassOptions{AttentionKernels::InWords}));
  manager.addPass(createLowerKernelsToGpuPass(
      LowerKernelsToGpuPassOptions{family.str(), limits.largestBinding}));
  OpPassManager &kernels = manager.nest<gpu::GPUModuleOp>();
  kernels.addPass(createCanonicalizerPass());
  kernels.addPass(createCSEPass());
  kernels.addPass(createLoopInvariantCodeMotionPass());
  manager.addPass(createSplitDispatchesPass(
      SplitDispatchesPassOptions{limits.largestBinding, limits.mostGroups}));
  manager.addPass(createShareGpuKernelsPass());
  manager.addPass(createPlanMemoryPass(PlanMemoryPassOptions{256}));
  manager.addPass(createPlaceBarriersPass());
  manager.addPass(createConvertGpuToSpirvPass());
}
