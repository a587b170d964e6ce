#include "../ExitStatus.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "quantir/Pipelines/Registration.h"
#include "llvm/Support/InitLLVM.h"

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  quantir::installExitHandlers();
  mlir::DialectRegistry registry;
  quantir::registerAllDialects(registry);
  quantir::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "quant-opt: runs Quantir passes on MLIR\n", registry));
}
