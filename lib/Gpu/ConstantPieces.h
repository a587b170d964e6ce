#ifndef QUANTIR_LIB_GPU_CONSTANTPIECES_H
#define QUANTIR_LIB_GPU_CONSTANTPIECES_H

#include "quantir/Lower/PackedOrder.h"
#include "quantir/Runtime/Artifact.h"
#include <array>
#include <vector>

namespace quantir {

/// A piece of a GPU's constants, as `quantir_gpu_program` explains.
struct ConstantPiece {
  quantir_gpu_source source = QUANTIR_GPU_LITERALS;
  bool widens = false; ///< bytes to f32
  int64_t to = 0, from = 0, run = 0;
  /// In bytes, the outermost first.
  llvm::SmallVector<PackedOrder::Loop, 5> loops;

  static constexpr size_t kMostLoops = 5;

  /// Appends its numbers.
  void encode(std::vector<uint8_t> &numbers) const;
  /// Writes the piece to `constants` as a loader does.
  void put(const char *sourceBytes,
           llvm::MutableArrayRef<char> constants) const;
};

/// Puts runs of bytes together that come in the order of the places that they
/// go to: neighbours to longer runs, and equal steps to loops. What happens to
/// continue the end of a run or loop is not taken for a part of it where those
/// before were shorter: the next ones would not be like it.
class PieceFolder {
public:
  /// \param pattern  the source, and whether bytes are widened.
  explicit PieceFolder(const ConstantPiece &pattern) : pattern(pattern) {}

  /// Adds `bytes` of the source.
  void add(int64_t to, int64_t from, int64_t bytes);
  /// The pieces of all that was added.
  std::vector<ConstantPiece> finish();

private:
  /// Equal nests, each as far from the last one.
  struct Group {
    ConstantPiece first;
    int64_t count = 0, to = 0, from = 0;
  };
  /// Whether a run or loop may become as long as that, after others of which
  /// the longest is `longest`, or 0 after none.
  static bool mayReach(int64_t length, int64_t longest) {
    return longest == 0 || length <= longest;
  }
  void addNest(ConstantPiece nest, size_t level);
  void flush(size_t level);

  ConstantPiece pattern, run;
  int64_t longestRun = 0;
  std::array<Group, ConstantPiece::kMostLoops> groups;
  std::array<int64_t, ConstantPiece::kMostLoops> longestLoop{};
  std::vector<ConstantPiece> pieces;
};

} // namespace quantir

#endif // QUANTIR_LIB_GPU_CONSTANTPIECES_H
