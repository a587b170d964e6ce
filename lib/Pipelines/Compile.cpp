#include "quantir/Pipelines/Compile.h"

#include "mlir/Transforms/Passes.h"
#include "quantir/Import/Passes.h"
#include "quantir/Pipelines/Pipelines.h"

using namespace mlir;
using namespace quantir;

llvm::Error quantir::addShape(ImportOptions &options, StringRef text) {
  auto [name, dims] = text.rsplit(':');
  SmallVector<StringRef> parts;
  if (!dims.empty())
    dims.split(parts, 'x');
  std::vector<int64_t> shape;
  for (StringRef part : parts) {
    int64_t size;
    if (part.getAsInteger(10, size) || size < 0)
      return llvm::createStringError("--shape=" + text + ": '" + part +
                                     "' is not a size; write NAME:1x3x224x224");
    shape.push_back(size);
  }
  if (name.size() == text.size())
    return llvm::createStringError("--shape=" + text +
                                   " names no shape; write NAME:1x3x224x224");
  options.shapes[name] = std::move(shape);
  return llvm::Error::success();
}

void quantir::buildImportPipeline(OpPassManager &manager) {
  auto &function = manager.nest<func::FuncOp>();
  function.addPass(createPropagateLayoutPass());
  function.addPass(createCSEPass());
  function.addPass(createRecognizePatternsPass());
  function.addPass(createCSEPass());
  function.addPass(createCanonicalizerPass());
}

FailureOr<OwningOpRef<ModuleOp>>
quantir::compileToImport(MLIRContext *context, StringRef modelPath,
                         const CompileOptions &options) {
  auto module = importOnnx(context, modelPath, options.import);
  if (failed(module))
    return failure();
  PassManager passes(context);
  buildImportPipeline(passes);
  if (failed(passes.run(**module)))
    return failure();
  return module;
}
