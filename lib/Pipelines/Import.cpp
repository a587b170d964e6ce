#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Transforms/Passes.h"
#include "quantir/Import/Passes.h"
#include "quantir/Pipelines/Pipelines.h"

using namespace mlir;
using namespace quantir;

void quantir::buildImportPipeline(OpPassManager &manager, bool forIntegers) {
  auto &function = manager.nest<func::FuncOp>();
  function.addPass(createPropagateLayoutPass());
  function.addPass(createCSEPass());
  function.addPass(
      createRecognizePatternsPass(RecognizePatternsPassOptions{forIntegers}));
  function.addPass(createCSEPass());
  function.addPass(createCanonicalizerPass());
}
