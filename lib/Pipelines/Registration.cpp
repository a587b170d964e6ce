#include "quantir/Pipelines/Registration.h"

#include "Quantir/QuantirDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace quantir;

void quantir::registerAllDialects(DialectRegistry &registry) {
  registry.insert<QuantirDialect, arith::ArithDialect, func::FuncDialect,
                  LLVM::LLVMDialect, linalg::LinalgDialect, math::MathDialect,
                  memref::MemRefDialect, quant::QuantDialect, scf::SCFDialect,
                  vector::VectorDialect>();
}

void quantir::registerAllPasses() { registerTransformsPasses(); }
