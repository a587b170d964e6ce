#include "ConstantPieces.h"

#include "llvm/Support/LEB128.h"
#include <cstring>

using namespace llvm;
using namespace quantir;

void ConstantPiece::encode(std::vector<uint8_t> &numbers) const {
  auto put = [&](uint64_t number) {
    uint8_t bytes[10];
    numbers.insert(numbers.end(), bytes, bytes + encodeULEB128(number, bytes));
  };
  put(2 * uint64_t(source) + widens);
  for (int64_t number : {to, from, run, int64_t(loops.size())})
    put(number);
  for (const PackedOrder::Loop &loop : loops)
    for (int64_t number : {loop.count, loop.to, loop.from})
      put(number);
}

void ConstantPiece::put(const char *sourceBytes,
                        MutableArrayRef<char> constants) const {
  PackedOrder::forEach({to, from, {loops.begin(), loops.end()}},
                       [&](int64_t to, int64_t from) {
                         if (!widens) {
                           std::memcpy(&constants[to], sourceBytes + from, run);
                           return;
                         }
                         for (int64_t i = 0; i < run; ++i) {
                           auto wide = float(int8_t(sourceBytes[from + i]));
                           std::memcpy(&constants[to + 4 * i], &wide, 4);
                         }
                       });
}

void PieceFolder::add(int64_t to, int64_t from, int64_t bytes) {
  int64_t written = pattern.widens ? 4 * run.run : run.run;
  if (run.run > 0 && to == run.to + written && from == run.from + run.run &&
      mayReach(run.run + bytes, longestRun)) {
    run.run += bytes;
    return;
  }
  if (run.run > 0)
    addNest(run, 0);
  longestRun = std::max(longestRun, run.run);
  run = pattern;
  run.to = to;
  run.from = from;
  run.run = bytes;
}

static bool areAlike(const ConstantPiece &a, const ConstantPiece &b) {
  return a.run == b.run && a.loops.size() == b.loops.size() &&
         std::equal(a.loops.begin(), a.loops.end(), b.loops.begin(),
                    [](const PackedOrder::Loop &x, const PackedOrder::Loop &y) {
                      return x.count == y.count && x.to == y.to &&
                             x.from == y.from;
                    });
}

void PieceFolder::addNest(ConstantPiece nest, size_t level) {
  Group &group = groups[level];
  if (group.count > 0 && areAlike(group.first, nest) &&
      mayReach(group.count + 1, longestLoop[level])) {
    int64_t to = nest.to - group.first.to, from = nest.from - group.first.from;
    if (group.count == 1 && from >= 0) {
      group.to = to;
      group.from = from;
    }
    if (to == group.count * group.to && from == group.count * group.from) {
      ++group.count;
      return;
    }
  }
  flush(level);
  group = {std::move(nest), 1, 0, 0};
}

void PieceFolder::flush(size_t level) {
  Group group = std::exchange(groups[level], {});
  if (group.count == 0)
    return;
  if (group.count > 1) {
    longestLoop[level] = std::max(longestLoop[level], group.count);
    group.first.loops.insert(group.first.loops.begin(),
                             {group.count, group.to, group.from});
  }
  if (level + 1 < groups.size())
    addNest(std::move(group.first), level + 1);
  else
    pieces.push_back(std::move(group.first));
}

std::vector<ConstantPiece> PieceFolder::finish() {
  if (run.run > 0)
    addNest(run, 0);
  for (size_t level = 0; level < groups.size(); ++level)
    flush(level);
  return std::move(pieces);
}
