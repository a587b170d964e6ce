#ifndef QUANTIR_LIB_PIPELINES_CHOSENTILES_H
#define QUANTIR_LIB_PIPELINES_CHOSENTILES_H

#include "CompileOutput.h"
#include "quantir/Pipelines/Tune.h"
#include <map>

namespace quantir {

/// The tiles of a compilation: those that are timed now, then those of a file,
/// then the cost model's.
class ChosenTiles {
public:
  ChosenTiles(const CompileOptions &options, CompileOutput &output)
      : options(options), output(output) {}

  /// Reads the files; what would be refused after minutes is refused at once.
  mlir::LogicalResult read(mlir::ModuleOp module);

  /// Times candidates, if that is asked for, and writes the file.
  mlir::LogicalResult time(mlir::ModuleOp module);

  /// Makes a module's lowering use what was chosen for its processor.
  void set(mlir::ModuleOp level, const TargetSpec &target) const;

private:
  const CompileOptions &options;
  CompileOutput &output;
  /// What is known before this compilation tunes.
  Tuning tuning;
  /// By the name of the processor.
  std::map<std::string, std::map<std::string, TunedTile>> tiles;
};

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_CHOSENTILES_H
