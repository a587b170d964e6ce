#ifndef QUANTIR_TARGET_TUNING_H
#define QUANTIR_TARGET_TUNING_H

#include "quantir/Target/TileChoice.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/Error.h"
#include <map>
#include <vector>

namespace quantir {

/// A choice that was timed, and what it was timed against.
struct TunedTile {
  TileChoice choice;
  double nanoseconds = 0;      ///< of one run of the kernel; 0: not timed
  double modelNanoseconds = 0; ///< with the cost model's own choice

  bool operator==(const TunedTile &) const = default;
};

/// The choices for one processor, by the text of their `ContractionKey`.
struct TunedTarget {
  std::string cpu, features; ///< as `checkedFeatures` writes them
  std::map<std::string, TunedTile> tiles;
};

/// A file of choices, for one processor or several (`--tuning=FILE`): JSON.
/// What it says changes how fast code is, never what it computes.
class Tuning {
public:
  /// Reads a file that `text` makes, and nothing else: an error names the file,
  /// the entry and the remedy.
  static llvm::Expected<Tuning> load(llvm::StringRef path);
  static llvm::Expected<Tuning> parse(llvm::StringRef text,
                                      llvm::StringRef name);
  std::string text() const;

  /// The choices for `spec`'s processor, or null.
  const TunedTarget *find(const TargetSpec &spec) const;
  /// The same, after a check that every one of them can be had there; fails
  /// also when there are none. `name` is what errors call the file.
  llvm::Expected<const TunedTarget *> choicesFor(const TargetSpec &spec,
                                                 llvm::StringRef name) const;
  /// Adds choices; those of the same contraction replace older ones.
  void add(const TargetSpec &spec,
           const std::map<std::string, TunedTile> &tiles);

private:
  std::vector<TunedTarget> targets;
};

} // namespace quantir

#endif // QUANTIR_TARGET_TUNING_H
