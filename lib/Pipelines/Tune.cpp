#include "quantir/Pipelines/Tune.h"

#include "TimedModel.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "quantir/Lower/Passes.h"
#include "quantir/Lower/TileCandidates.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace quantir;

llvm::Error quantir::checkIsThisMachine(const TargetSpec &target) {
  llvm::Expected<TargetSpec> host = TargetSpec::host();
  if (!host)
    return host.takeError();
  if (target.triple != host->triple || target.cpu != host->cpu)
    return llvm::createStringError(
        "--tune measures this machine, " + host->cpu + " of " + host->triple +
        ", but the code is for " + target.cpu + " of " + target.triple +
        "; tune on such a machine and give the file here with --tuning=FILE");
  SmallVector<StringRef> features;
  std::string text = checkedFeatures(target);
  StringRef(text).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features)
    if (!host->has(feature))
      return llvm::createStringError("--tune measures this machine, which "
                                     "lacks the feature '" +
                                     feature + "' that the code may use");
  return llvm::Error::success();
}

void quantir::setTiles(ModuleOp module,
                       const std::map<std::string, TunedTile> &tiles) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> entries;
  for (const auto &[key, tuned] : tiles)
    entries.emplace_back(key, builder.getStringAttr(tuned.choice.text()));
  module->setAttr(kTilesAttr, builder.getDictionaryAttr(entries));
}

namespace {
/// A gain must show in the first comparison, and in the last, by so much.
constexpr double kFirstGain = 0.97, kLastGain = 0.99;
/// How long two compiled models alternate, and how often at least and most.
constexpr double kSeconds = 0.4;
constexpr int kFewest = 5, kOften = 400;

class Tuner {
public:
  Tuner(ModuleOp module, const TargetSpec &target, double seconds)
      : module(module), target(target), seconds(seconds) {}

  LogicalResult run();
  std::map<std::string, TunedTile> best;

private:
  using Clock = std::chrono::steady_clock;
  static double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  }

  LogicalResult findCandidates();
  LogicalResult
  compare(const std::map<std::string, TileChoice> &choices,
          function_ref<void(StringRef, TileChoice, double own, double other)>
              judge);
  void report();

  ModuleOp module;
  const TargetSpec &target;
  double seconds;
  Clock::time_point begin = Clock::now();
  /// With the cost model's choices.
  std::unique_ptr<TimedModel> own;
  std::map<std::string, std::vector<TileChoice>> candidates;
};
} // namespace

/// What is timed anew must know nothing of older choices.
LogicalResult Tuner::findCandidates() {
  module->removeAttr(kTilesAttr);
  FailureOr<std::unique_ptr<TimedModel>> compiled =
      TimedModel::compile(module, target);
  if (failed(compiled))
    return failure();
  own = std::move(*compiled);
  own->run(); // fills caches and page tables
  own->run();
  for (const auto &[key, time] : own->times()) {
    best[key] = {*TileChoice::parse(time.tile), time.nanoseconds,
                 time.nanoseconds};
    candidates[key] = tileCandidates(*ContractionKey::parse(key), target);
  }
  return success();
}

/// Runs the model with `choices` and the model's own in turn.
LogicalResult Tuner::compare(
    const std::map<std::string, TileChoice> &choices,
    function_ref<void(StringRef, TileChoice, double, double)> judge) {
  std::map<std::string, TunedTile> tiles;
  for (const auto &[key, choice] : choices)
    tiles[key].choice = choice;
  setTiles(module, tiles);
  FailureOr<std::unique_ptr<TimedModel>> other =
      TimedModel::compile(module, target);
  module->removeAttr(kTilesAttr);
  if (failed(other))
    return failure();
  Clock::time_point start = Clock::now();
  for (int i = 0; i < kOften && (i < kFewest || since(start) < kSeconds); ++i) {
    own->run();
    (*other)->run();
  }
  auto before = own->times();
  for (const auto &[key, time] : (*other)->times())
    if (auto choice = choices.find(key); choice != choices.end())
      judge(key, choice->second, before[key].nanoseconds, time.nanoseconds);
  return success();
}

LogicalResult Tuner::run() {
  if (failed(findCandidates()))
    return failure();
  double longest = since(begin);
  // The last comparison needs its time too.
  auto isTimeLeft = [&] { return since(begin) + 2 * longest < seconds; };
  for (size_t i = 1; isTimeLeft(); ++i) {
    std::map<std::string, TileChoice> choices;
    for (const auto &[key, list] : candidates)
      if (i < list.size())
        choices[key] = list[i];
    if (choices.empty())
      break;
    Clock::time_point start = Clock::now();
    if (failed(compare(choices, [&](StringRef key, TileChoice choice,
                                    double before, double after) {
          TunedTile &known = best[key.str()];
          if (after < kFirstGain * before && after < known.nanoseconds)
            known = {choice, after, before};
        })))
      return failure();
    longest = std::max(longest, since(start));
  }
  std::map<std::string, TileChoice> chosen;
  for (const auto &[key, tuned] : best)
    if (tuned.choice != candidates[key].front())
      chosen[key] = tuned.choice;
  if (!chosen.empty() &&
      failed(compare(chosen, [&](StringRef key, TileChoice choice,
                                 double before, double after) {
        best[key.str()] = {choice, after, before};
        if (after > kLastGain * before)
          best[key.str()] = {candidates[key.str()].front(), before, before};
      })))
    return failure();
  report();
  return success();
}

void Tuner::report() {
  for (const auto &[key, tuned] : best) {
    const TileChoice &model = candidates.at(key).front();
    std::string what =
        llvm::formatv("'{0}' takes {1:f2} us in tiles of {2}", key,
                      tuned.nanoseconds * 1e-3, tuned.choice.text());
    if (tuned.choice == model)
      remark::analysis(
          module.getLoc(),
          remark::RemarkOpts::name("TileKept").category("quantir-tune"))
          << remark::add("{0}, as the cost model has it", what);
    else
      remark::passed(
          module.getLoc(),
          remark::RemarkOpts::name("TileChosen").category("quantir-tune"))
          << remark::add("{0} instead of {1:f2} in tiles of {2}", what,
                         tuned.modelNanoseconds * 1e-3, model.text());
  }
}

FailureOr<std::map<std::string, TunedTile>>
quantir::tuneTiles(ModuleOp module, const TargetSpec &target, double seconds) {
  Tuner tuner(module, target, seconds);
  if (failed(tuner.run()))
    return failure();
  return std::move(tuner.best);
}
