#include "ChosenTiles.h"

#include "Remarks.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace quantir;

LogicalResult ChosenTiles::read(ModuleOp module) {
  auto refuse = [&](llvm::Error error) {
    return module.emitError(llvm::toString(std::move(error)));
  };
  if (!options.tuning.empty()) {
    llvm::Expected<Tuning> read = Tuning::load(options.tuning);
    if (!read)
      return refuse(read.takeError());
    // Of several processors, those have choices that the file knows.
    SmallVector<TargetSpec> known;
    for (const TargetSpec &target : options.targets())
      if (read->find(target))
        known.push_back(target);
    if (known.empty())
      known.push_back(options.target);
    for (const TargetSpec &target : known) {
      llvm::Expected<const TunedTarget *> choices =
          read->choicesFor(target, options.tuning);
      if (!choices)
        return refuse(choices.takeError());
      tiles[target.name] = (*choices)->tiles;
    }
  }
  if (options.tune.empty())
    return success();
  if (!options.better.empty())
    return module.emitError("--tune times one processor's code; name one "
                            "processor with --mcpu");
  if (llvm::Error error = checkIsThisMachine(options.target))
    return refuse(std::move(error));
  if (!llvm::sys::fs::exists(options.tune))
    return success();
  llvm::Expected<Tuning> known = Tuning::load(options.tune);
  if (!known)
    return refuse(known.takeError());
  tuning = std::move(*known);
  return success();
}

LogicalResult ChosenTiles::time(ModuleOp module) {
  if (options.tune.empty())
    return success();
  ScopedRemarks remarks(module.getContext(), options.remarks);
  auto timed = tuneTiles(module, options.target, options.tuneSeconds);
  if (failed(timed))
    return failure();
  for (const auto &[key, tuned] : *timed)
    tiles[options.target.name].insert_or_assign(key, tuned);
  tuning.add(options.target, *timed);
  return output.cannotWrite(module.getContext(),
                            writeFileWhole(options.tune, tuning.text()));
}

void ChosenTiles::set(ModuleOp level, const TargetSpec &target) const {
  if (auto chosen = tiles.find(target.name);
      chosen != tiles.end() && !chosen->second.empty())
    setTiles(level, chosen->second);
}
