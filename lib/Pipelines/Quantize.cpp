#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Interpret/Passes.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Quantize/Passes.h"

using namespace mlir;
using namespace quantir;

void quantir::buildQuantizePipeline(OpPassManager &manager,
                                    const QuantizePipelineOptions &options) {
  QuantizePassOptions chosen;
  llvm::append_range(chosen.ignore, options.ignore);
  llvm::append_range(chosen.only, options.only);
  EqualizeChannelsPassOptions equalize;
  equalize.ignore = chosen.ignore;
  equalize.only = chosen.only;
  manager.addPass(createEqualizeChannelsPass(equalize));
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createQuantizePass(chosen));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createPropagateScalesPass());
  functions.addPass(createFoldConstantsPass()); // what it quantizes early
  QuantizeTablesPassOptions tables;
  tables.ignore = chosen.ignore;
  tables.only = chosen.only;
  functions.addPass(createQuantizeTablesPass(tables));
  functions.addPass(createIntegerizePass());
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
}

void quantir::buildFusePipeline(OpPassManager &manager) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createSinkReshapesPass());
  functions.addPass(createCSEPass());
  functions.addPass(createFuseKernelsPass());
}
