/// Compiles a model inside this program, with a pass of its own among those of
/// the compiler.
///
///   embed digits.onnx calib.npz digits.so [max-macs]
#include "LimitWork.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "quantir/Import/NodeLocation.h"
#include "quantir/Pipelines/Compile.h"
#include "quantir/Pipelines/Registration.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// `digits.onnx: 'conv1': error: ...`; the location knows the ONNX node.
static void print(Diagnostic &diagnostic) {
  static const char *const words[] = {"note", "warning", "error", "remark"};
  std::string file = quantir::fileBehind(diagnostic.getLocation());
  std::string nodes = quantir::nodesBehind(diagnostic.getLocation());
  if (!file.empty())
    llvm::errs() << file << ": ";
  if (!nodes.empty())
    llvm::errs() << "'" << nodes << "': ";
  llvm::errs() << words[int(diagnostic.getSeverity())] << ": " << diagnostic
               << "\n";
}

int main(int argc, char **argv) {
  int64_t maxMacs = 0;
  if (argc < 4 || argc > 5 ||
      (argc == 5 && StringRef(argv[4]).getAsInteger(10, maxMacs))) {
    llvm::errs() << "usage: embed MODEL.onnx SAMPLES.npz OUT.so [MAX-MACS]\n";
    return 2;
  }
  llvm::Expected<quantir::TargetSpec> target = quantir::TargetSpec::host();
  if (!target) {
    llvm::errs() << "error: " << llvm::toString(target.takeError()) << "\n";
    return 1;
  }
  quantir::CompileOptions options;
  options.scheme = quantir::Scheme::W8A8;
  options.calibration = argv[2];
  options.target = *target;
  options.addPasses = [&](quantir::Stage stage, OpPassManager &manager) {
    if (stage == quantir::Stage::Quantize)
      manager.addNestedPass<func::FuncOp>(createLimitWorkPass(maxMacs));
  };

  DialectRegistry registry;
  quantir::registerAllDialects(registry);
  MLIRContext context(registry);
  ScopedDiagnosticHandler handler(&context, print);
  return quantir::compile(&context, argv[1], options, argv[3]) ==
                 quantir::Outcome::Done
             ? 0
             : 1;
}
