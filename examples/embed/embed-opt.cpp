/// quant-opt with one more pass: embed-opt --pass-pipeline='...limit-work...'
#include "LimitWork.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "quantir/Pipelines/Registration.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  quantir::registerAllDialects(registry);
  quantir::registerAllPasses();
  registerLimitWorkPass();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "embed-opt: quant-opt with limit-work\n", registry));
}
