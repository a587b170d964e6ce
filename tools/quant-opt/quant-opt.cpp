#include "../ExitStatus.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "quantir/Pipelines/Registration.h"

int main(int argc, char **argv) {
  quantir::ToolProcess process(argc, argv);
  mlir::DialectRegistry registry;
  quantir::registerAllDialects(registry);
  quantir::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "quant-opt: runs Quantir passes on MLIR\n", registry));
}
