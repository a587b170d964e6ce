// How a dispatch is cut into pieces that see small parts of large buffers.
#include "DispatchCut.h"

using namespace mlir;
using namespace quantir;

/// So that a dispatch does not become a thousand.
static constexpr int64_t kMostPieces = 64;
static constexpr int64_t kWordsOfStep = kBindingAlignment / 4;

int64_t DispatchCut::bindings() const {
  int64_t count = 0;
  for (const BufferWindow &window : windows)
    count += window.parts();
  return count;
}

/// Boxes of equal sizes, but for the last ones: about `pieces` along each
/// dimension.
static SmallVector<GroupBox> boxesOf(ArrayRef<int64_t> groups,
                                     const std::array<int64_t, 3> &pieces) {
  SmallVector<GroupBox> boxes = {{{0, 0, 0}, {1, 1, 1}}};
  for (int dimension = 0; dimension < 3; ++dimension) {
    int64_t all = groups[dimension];
    int64_t size = llvm::divideCeil(all, pieces[dimension]);
    SmallVector<GroupBox> cut;
    for (GroupBox box : boxes)
      for (int64_t first = 0; first < all; first += size) {
        box.first[dimension] = first;
        box.count[dimension] = std::min(size, all - first);
        cut.push_back(box);
      }
    boxes = std::move(cut);
  }
  return boxes;
}

/// The words that a box's groups may touch, from a place where a binding may
/// begin on.
static ElementRange touchedWords(const BufferUse &use, const GroupBox &box) {
  ElementRange all{use.words, 0};
  for (const KernelAccess &access : use.accesses) {
    ElementRange range =
        touchedElements(access.op, access.index, use.words / access.width, box);
    if (range.begin >= range.end)
      continue;
    all.begin = std::min(all.begin, range.begin * access.width);
    all.end = std::max(all.end, range.end * access.width);
  }
  if (all.begin >= all.end)
    return {0, 1};
  return {all.begin / kWordsOfStep * kWordsOfStep, all.end};
}

/// Windows of one size, so that the pieces are of the same code but for
/// numbers.
static BufferWindow windowOf(const BufferUse &use, ArrayRef<GroupBox> boxes,
                             int64_t wordsOfPart) {
  BufferWindow window{use.words, wordsOfPart,
                      SmallVector<int64_t>(boxes.size())};
  if (use.words <= wordsOfPart)
    return window;
  SmallVector<ElementRange> ranges;
  int64_t longest = 0;
  for (const GroupBox &box : boxes) {
    ranges.push_back(touchedWords(use, box));
    longest = std::max(longest, ranges.back().end - ranges.back().begin);
  }
  // Such that the last window ends with the buffer where the buffer does.
  window.words =
      use.words - (use.words - longest) / kWordsOfStep * kWordsOfStep;
  for (auto [first, range] : llvm::zip(window.first, ranges))
    first = std::min(range.begin, use.words - window.words);
  return window;
}

static DispatchCut cutInto(SmallVector<GroupBox> boxes,
                           ArrayRef<BufferUse> uses, int64_t wordsOfPart) {
  DispatchCut cut;
  for (const BufferUse &use : uses)
    cut.windows.push_back(windowOf(use, boxes, wordsOfPart));
  cut.boxes = std::move(boxes);
  return cut;
}

DispatchCut quantir::cutOf(DispatchOp dispatch, ArrayRef<BufferUse> uses,
                           const DispatchLimits &limits) {
  ArrayRef<int64_t> groups = dispatch.getGroups();
  int64_t wordsOfPart = limits.largestBinding / 4;
  std::array<int64_t, 3> least;
  for (auto [pieces, count] : llvm::zip(least, groups))
    pieces = llvm::divideCeil(count, limits.mostGroups);
  DispatchCut best = cutInto(boxesOf(groups, least), uses, wordsOfPart);
  // The last dimension is the slowest: its pieces are neighbours in memory.
  for (int dimension : {2, 1, 0}) {
    std::array<int64_t, 3> pieces = least;
    size_t before = 0;
    while (best.bindings() > int64_t(uses.size()) &&
           pieces[dimension]++ < groups[dimension]) {
      SmallVector<GroupBox> boxes = boxesOf(groups, pieces);
      if (boxes.size() > kMostPieces)
        break;
      if (boxes.size() == before)
        continue;
      before = boxes.size();
      // A piece in the middle mostly tells that a cut is no better.
      GroupBox sample = boxes[boxes.size() / 2];
      if (cutInto({sample}, uses, wordsOfPart).bindings() >= best.bindings())
        continue;
      DispatchCut cut = cutInto(std::move(boxes), uses, wordsOfPart);
      if (cut.bindings() < best.bindings())
        best = std::move(cut);
    }
  }
  return best;
}
