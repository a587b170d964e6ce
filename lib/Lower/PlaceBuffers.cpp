#include "quantir/Lower/PlaceBuffers.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <numeric>
#include <random>

using namespace mlir;
using namespace quantir;

std::optional<int64_t> quantir::largestLiveSet(ArrayRef<BufferLife> buffers) {
  // (step, bytes that begin there, or end before it)
  SmallVector<std::pair<int64_t, int64_t>> changes;
  for (const BufferLife &buffer : buffers) {
    changes.push_back({buffer.begin, buffer.size});
    changes.push_back({buffer.end + 1, -buffer.size});
  }
  llvm::sort(changes);
  int64_t alive = 0, most = 0;
  for (auto [step, bytes] : changes) {
    if (llvm::AddOverflow(alive, bytes, alive))
      return std::nullopt;
    most = std::max(most, alive);
  }
  return most;
}

namespace {
/// In which order buffers take their places, and which of them (by number) the
/// highest one below the bound instead of the lowest one.
struct Plan {
  SmallVector<unsigned> order;
  llvm::BitVector high;
};

/// The offsets of a plan, and how good they are: models repeat their layers, so
/// that the size alone hides that one of them got better.
struct Placement {
  SmallVector<int64_t> offsets;
  int64_t size = std::numeric_limits<int64_t>::max();
  /// Bytes above the bound times the steps for which they are.
  double excess = std::numeric_limits<double>::max();
};

class Placer {
public:
  Placer(ArrayRef<BufferLife> buffers, int64_t bound);

  /// The smallest placement found; without offsets when none fits 64 bits.
  Placement best();

private:
  int64_t endOf(const Placement &placement, unsigned i) const {
    return placement.offsets[i] + buffers[i].size;
  }
  int64_t offsetFor(unsigned i, const Placement &placement,
                    ArrayRef<unsigned> placed, bool high) const;
  std::optional<Placement> place(const Plan &plan) const;
  template <typename Key> Plan sortedBy(Key key) const;
  void attempt(const Plan &plan);
  void search(const Plan &plan, int64_t attempts);
  void change(Plan &plan, ArrayRef<unsigned> above);
  bool isNear(int64_t size) const {
    return double(size) <= 1.01 * double(bound);
  }

  ArrayRef<BufferLife> buffers;
  int64_t bound;
  SmallVector<SmallVector<unsigned>> rivals; ///< that live with each buffer
  Placement smallest, current;
  Plan currentPlan;
  std::mt19937 random; ///< the same numbers every time
};
} // namespace

Placer::Placer(ArrayRef<BufferLife> buffers, int64_t bound)
    : buffers(buffers), bound(bound), rivals(buffers.size()) {
  for (unsigned i = 0; i < buffers.size(); ++i)
    for (unsigned j = 0; j < buffers.size(); ++j)
      if (i != j && buffers[i].begin <= buffers[j].end &&
          buffers[j].begin <= buffers[i].end)
        rivals[i].push_back(j);
}

/// Where buffer `i` fits between those that are placed, by offset.
int64_t Placer::offsetFor(unsigned i, const Placement &placement,
                          ArrayRef<unsigned> placed, bool high) const {
  int64_t size = buffers[i].size, gap = 0, highest = -1;
  for (unsigned other : placed) {
    int64_t offset = placement.offsets[other];
    if (offset - gap >= size) {
      if (!high)
        return gap;
      highest = offset - size;
    }
    gap = std::max(gap, endOf(placement, other));
  }
  if (high && bound - gap >= size)
    return bound - size;
  return highest >= 0 ? highest : gap;
}

std::optional<Placement> Placer::place(const Plan &plan) const {
  Placement placement{SmallVector<int64_t>(buffers.size(), -1), 0, 0};
  for (unsigned i : plan.order) {
    SmallVector<unsigned> placed;
    for (unsigned other : rivals[i])
      if (placement.offsets[other] >= 0)
        placed.push_back(other);
    llvm::sort(placed, [&](unsigned a, unsigned b) {
      return placement.offsets[a] < placement.offsets[b];
    });
    int64_t offset = offsetFor(i, placement, placed, plan.high[i]), end;
    if (llvm::AddOverflow(offset, buffers[i].size, end))
      return std::nullopt;
    placement.offsets[i] = offset;
    placement.size = std::max(placement.size, end);
    placement.excess += double(std::max<int64_t>(0, end - bound)) *
                        double(buffers[i].end - buffers[i].begin + 1);
  }
  return placement;
}

void Placer::attempt(const Plan &plan) {
  std::optional<Placement> placement = place(plan);
  if (!placement)
    return;
  if (placement->size < smallest.size)
    smallest = *placement;
  // An equal one counts too: the way to a smaller one may lead over it.
  if (placement->excess <= current.excess) {
    current = std::move(*placement);
    currentPlan = plan;
  }
}

template <typename Key> Plan Placer::sortedBy(Key key) const {
  Plan plan;
  plan.order.resize(buffers.size());
  plan.high.resize(unsigned(buffers.size()));
  std::iota(plan.order.begin(), plan.order.end(), 0);
  llvm::sort(plan.order, [&](unsigned a, unsigned b) {
    return std::pair(key(buffers[a]), a) < std::pair(key(buffers[b]), b);
  });
  return plan;
}

/// Changes `plan` near a buffer that reaches above the bound: this one or one
/// that lives with it takes the other side, or its place before or behind
/// another.
void Placer::change(Plan &plan, ArrayRef<unsigned> above) {
  auto oneOf = [&](ArrayRef<unsigned> list) {
    return list[random() % list.size()];
  };
  unsigned which = oneOf(above);
  if (!rivals[which].empty() && random() % 2)
    which = oneOf(rivals[which]);
  if (rivals[which].empty() || random() % 2) {
    plan.high.flip(which);
    return;
  }
  auto from = llvm::find(plan.order, which),
       to = llvm::find(plan.order, oneOf(rivals[which]));
  if (to < from)
    std::rotate(to, from, from + 1);
  else
    std::rotate(from, from + 1, to + 1);
}

/// Changes `plan` again and again, for the better or to the same end.
void Placer::search(const Plan &plan, int64_t attempts) {
  current = Placement();
  attempt(plan);
  for (; attempts > 0 && !current.offsets.empty() && !isNear(smallest.size);
       --attempts) {
    SmallVector<unsigned> above;
    for (unsigned i = 0; i < buffers.size(); ++i)
      if (endOf(current, i) > bound)
        above.push_back(i);
    // Often only several changes together are one for the better.
    Plan next = currentPlan;
    do
      change(next, above);
    while (random() % 3 == 0);
    attempt(next);
  }
}

Placement Placer::best() {
  using Life = const BufferLife &;
  Plan plans[] = {
      sortedBy([](Life b) { return std::pair(-b.size, b.begin); }),
      sortedBy([](Life b) { return std::pair(b.begin - b.end, -b.size); }),
      sortedBy([](Life b) { return std::pair(b.begin, -b.size); })};
  int64_t work = 1;
  for (const auto &list : rivals)
    work += int64_t(list.size());
  constexpr int64_t mostWork = 100'000'000, most = 20'000;
  for (int64_t attempts : {int64_t(0), std::min(most, mostWork / work)})
    for (const Plan &plan : plans)
      search(plan, attempts);
  return smallest;
}

std::optional<int64_t>
quantir::placeBuffers(MutableArrayRef<BufferLife> buffers) {
  std::optional<int64_t> bound = largestLiveSet(buffers);
  if (!bound)
    return std::nullopt;
  if (buffers.empty())
    return 0;
  Placement placement = Placer(buffers, *bound).best();
  if (placement.offsets.empty())
    return std::nullopt;
  for (auto [buffer, offset] : llvm::zip(buffers, placement.offsets))
    buffer.offset = offset;
  return placement.size;
}
