#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Fuse/Passes.h"
#include "quantir/Interpret/Passes.h"
#include "quantir/Pipelines/Pipelines.h"
#include "quantir/Quantize/Passes.h"
#include "quantir/Target/Processors.h"

using namespace mlir;
using namespace quantir;

/// The options of a pass that leaves out nodes by name.
template <typename PassOptions>
static PassOptions nodesOf(const QuantizePipelineOptions &options) {
  PassOptions chosen;
  llvm::append_range(chosen.ignore, options.ignore);
  llvm::append_range(chosen.only, options.only);
  return chosen;
}

void quantir::buildQuantizePipeline(OpPassManager &manager,
                                    const QuantizePipelineOptions &options) {
  bool integerOnly = options.integerOnly || options.wideActivations;
  if (integerOnly)
    manager.addNestedPass<func::FuncOp>(createNoteExtentsPass());
  manager.addPass(
      createCenterKeysPass(nodesOf<CenterKeysPassOptions>(options)));
  if (!options.wideActivations) // 16 bits hold channels of any range
    manager.addPass(createEqualizeChannelsPass(
        nodesOf<EqualizeChannelsPassOptions>(options)));
  OpPassManager &functions = manager.nest<func::FuncOp>();
  auto quantize = nodesOf<QuantizePassOptions>(options);
  quantize.moreFollows = integerOnly;
  quantize.keepDivision = integerOnly && options.softmax != "house";
  quantize.wideActivations = options.wideActivations;
  quantize.widenSensitive = integerOnly;
  quantize.neverSlower = integerOnly ? 0 : double(options.neverSlower);
  quantize.triple = options.triple;
  quantize.cpu = options.cpu;
  quantize.features = options.features;
  quantize.tuning = options.tuning;
  functions.addPass(createQuantizePass(quantize));
  functions.addPass(createCanonicalizerPass());
  if (!integerOnly)
    functions.addPass(createShareCodesPass());
  functions.addPass(createPropagateScalesPass());
  functions.addPass(createFoldConstantsPass()); // what it quantizes early
  auto tables = nodesOf<QuantizeTablesPassOptions>(options);
  tables.moreFollows = integerOnly;
  functions.addPass(createQuantizeTablesPass(tables));
  functions.addPass(createIntegerizePass(IntegerizePassOptions{integerOnly}));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  if (integerOnly) {
    functions.addPass(createEliminateFloatsPass(EliminateFloatsPassOptions{
        options.softmax, options.gelu, options.norm}));
    functions.addPass(createCanonicalizerPass());
    functions.addPass(createCSEPass());
  } else {
    functions.addPass(createTabulateFunctionsPass());
  }
  if (options.verifyIntegerOnly)
    functions.addPass(createVerifyIntegerOnlyPass());
}

void quantir::buildShortenPipeline(OpPassManager &manager,
                                   const QuantizePipelineOptions &options,
                                   StringRef type) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  auto shorten = nodesOf<ShortenFloatsPassOptions>(options);
  shorten.type = type.str();
  functions.addPass(createShortenFloatsPass(shorten));
  functions.addPass(createPropagateScalesPass());
  functions.addPass(createFoldConstantsPass());
  functions.addPass(createCanonicalizerPass());
}

void quantir::buildFusePipeline(OpPassManager &manager,
                                const TargetSpec *target) {
  OpPassManager &functions = manager.nest<func::FuncOp>();
  functions.addPass(createFoldTransposesPass());
  functions.addPass(createSplitProductsPass());
  functions.addPass(createSinkReshapesPass());
  functions.addPass(createCSEPass());
  functions.addPass(createFuseKernelsPass());
  SplitBatchPassOptions split;
  if (target)
    split.cache = processorOf(*target).secondCache;
  functions.addPass(createSplitBatchPass(split));
}
