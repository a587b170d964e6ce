#include "quantir/Calibrate/Histogram.h"

#include "VectorClones.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/bit.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace llvm;
using namespace quantir;

namespace {
constexpr size_t blockSize = 1 << 16, partSize = 4096;
constexpr unsigned signBin = Histogram::binsPerSide;
constexpr unsigned numBins = 2 * Histogram::binsPerSide;

/// Counts of a block. Neighbours are often equal, and to count in one place
/// twice in a row is to wait: each of four tables gets every fourth value.
struct BlockCounts {
  static constexpr unsigned tables = 4;
  static_assert(blockSize / tables <= std::numeric_limits<uint16_t>::max());

  void add(ArrayRef<uint16_t> indices) {
    for (; indices.size() >= tables; indices = indices.drop_front(tables))
      for (unsigned table = 0; table != tables; ++table)
        ++counts[table][indices[table]];
    for (uint16_t index : indices)
      ++counts[0][index];
  }

  uint16_t counts[tables][numBins] = {};
};

/// The extremes of a block as keys that order floats by their bits.
struct BlockExtremes {
  int32_t low = std::numeric_limits<int32_t>::max();
  int32_t high = std::numeric_limits<int32_t>::min();
  uint32_t zeros = 0;
};
} // namespace

/// Orders as the floats do, NaN of either sign outermost; its own inverse.
static int32_t orderedKey(int32_t bits) {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

static float valueOfKey(int32_t key) {
  // Adding zero makes -0 and +0 one value: state may not depend on order.
  return bit_cast<float>(orderedKey(key)) + 0.0f;
}

QUANTIR_VECTOR_CLONES
static void findExtremes(ArrayRef<float> block, BlockExtremes &result) {
  int32_t low = result.low, high = result.high;
  uint32_t zeros = 0;
  for (float value : block) {
    auto bits = bit_cast<int32_t>(value);
    int32_t key = bits ^ ((bits >> 31) & 0x7fffffff); // orderedKey
    low = key < low ? key : low;
    high = key > high ? key : high;
    zeros += (static_cast<uint32_t>(bits) << 1) == 0;
  }
  result = {low, high, zeros};
}

static bool isFinite(const BlockExtremes &extremes) {
  constexpr float limit = std::numeric_limits<float>::max();
  return extremes.high <= orderedKey(bit_cast<int32_t>(limit)) &&
         extremes.low >= orderedKey(bit_cast<int32_t>(-limit));
}

/// The smallest e >= minExponent with magnitude <= 2^e.
static int exponentFor(float magnitude) {
  if (magnitude == 0)
    return Histogram::minExponent;
  int exponent;
  float fraction = std::frexp(magnitude, &exponent);
  return std::max(fraction == 0.5f ? exponent - 1 : exponent,
                  Histogram::minExponent);
}

/// Writes the bin of each value. `scale` is 1 / bin width, a power of two, so
/// the product is exact wherever it decides. The predecessor of a positive
/// float, truncated, is its ceiling less one: the bin whose upper edge belongs
/// to it. Zeros land in bin 0.
QUANTIR_VECTOR_CLONES
static void findBins(ArrayRef<float> block, float scale, uint16_t *bins) {
  for (size_t index = 0; index != block.size(); ++index) {
    auto bits = bit_cast<uint32_t>(block[index]);
    float scaled = bit_cast<float>(bits & 0x7fffffffu) * scale;
    int32_t scaledBits = std::max(bit_cast<int32_t>(scaled), 1) - 1;
    auto bin = static_cast<int32_t>(bit_cast<float>(scaledBits));
    bins[index] = static_cast<uint16_t>(bin | ((bits >> 31) << 11));
  }
}
static_assert(signBin == 1u << 11);

QUANTIR_VECTOR_CLONES
static uint32_t countNegativeZeros(ArrayRef<float> block) {
  uint32_t count = 0;
  for (float value : block)
    count += bit_cast<uint32_t>(value) == 0x80000000u;
  return count;
}

QUANTIR_VECTOR_CLONES
static void addCounts(const BlockCounts &block, uint64_t *bins) {
  for (unsigned bin = 0; bin != numBins; ++bin) {
    uint32_t sum = 0;
    for (const auto &table : block.counts)
      sum += table[bin];
    bins[bin] += sum;
  }
}

/// Counts every value of the block in the bin of its magnitude and sign.
static void countBins(ArrayRef<float> block, float scale, uint64_t *bins) {
  std::array<uint16_t, partSize> indices;
  if (block.size() <= partSize) {
    findBins(block, scale, indices.data());
    for (uint16_t index : ArrayRef(indices).take_front(block.size()))
      ++bins[index];
    return;
  }
  BlockCounts counts;
  for (; !block.empty();
       block = block.drop_front(std::min(partSize, block.size()))) {
    ArrayRef<float> part = block.take_front(partSize);
    findBins(part, scale, indices.data());
    counts.add(ArrayRef(indices).take_front(part.size()));
  }
  addCounts(counts, bins);
}

void Histogram::add(ArrayRef<float> values) {
  while (!values.empty()) {
    size_t size = std::min(values.size(), blockSize);
    addBlock(values.take_front(size));
    values = values.drop_front(size);
  }
}

void Histogram::addBlock(ArrayRef<float> block) {
  BlockExtremes extremes;
  findExtremes(block, extremes);
  if (!isFinite(extremes)) {
    SmallVector<float> kept;
    copy_if(block, std::back_inserter(kept),
            [](float value) { return std::isfinite(value); });
    bad += block.size() - kept.size();
    if (!kept.empty())
      addBlock(kept);
    return;
  }
  include(valueOfKey(extremes.low), valueOfKey(extremes.high));
  finite += block.size();
  zero += extremes.zeros;
  if (extremes.zeros == block.size())
    return;
  raiseExponent(exponentFor(std::max(-lowest, highest)));

  countBins(block, std::ldexp(1.0f, logBins - exp), bins.data());
  // Both zeros were counted in the first bin of their sign.
  uint64_t negativeZeros = extremes.zeros ? countNegativeZeros(block) : 0;
  bins[0] -= extremes.zeros - negativeZeros;
  bins[signBin] -= negativeZeros;
}

void Histogram::include(float low, float high) {
  lowest = finite ? std::min(lowest, low) : low;
  highest = finite ? std::max(highest, high) : high;
}

/// Halves the resolution until the bins reach 2^newExponent.
void Histogram::raiseExponent(int newExponent) {
  if (bins.empty())
    bins.resize(numBins);
  if (newExponent <= exp)
    return;
  int shift = std::min(newExponent - exp, 31);
  for (unsigned side : {0u, signBin})
    for (unsigned bin = 0; bin != binsPerSide; ++bin) {
      uint64_t moved = std::exchange(bins[side + bin], 0);
      bins[side + (bin >> shift)] += moved;
    }
  exp = newExponent;
}

void Histogram::merge(const Histogram &other) {
  if (other.finite)
    include(other.lowest, other.highest);
  finite += other.finite;
  zero += other.zero;
  bad += other.bad;
  if (other.bins.empty())
    return;
  raiseExponent(std::max(exp, other.exp));
  int shift = std::min(exp - other.exp, 31);
  for (unsigned side : {0u, signBin})
    for (unsigned bin = 0; bin != binsPerSide; ++bin)
      bins[side + (bin >> shift)] += other.bins[side + bin];
}

double Histogram::binWidth() const { return std::ldexp(1.0, exp - logBins); }

ArrayRef<uint64_t> Histogram::positive() const {
  return ArrayRef(bins).take_front(binsPerSide);
}

ArrayRef<uint64_t> Histogram::negative() const {
  return ArrayRef(bins).take_back(binsPerSide);
}

double Histogram::mean() const {
  double sum = 0;
  for (auto [bin, counts] : enumerate(zip(positive(), negative())))
    sum += (static_cast<double>(std::get<0>(counts)) -
            static_cast<double>(std::get<1>(counts))) *
           (static_cast<double>(bin) + 0.5);
  return finite ? sum * binWidth() / static_cast<double>(finite) : 0;
}

double Histogram::meanSquare() const {
  double sum = 0;
  for (auto [bin, counts] : enumerate(zip(positive(), negative()))) {
    double middle = static_cast<double>(bin) + 0.5;
    sum += static_cast<double>(std::get<0>(counts) + std::get<1>(counts)) *
           (middle * middle + 1.0 / 12);
  }
  return finite ? sum * binWidth() * binWidth() / static_cast<double>(finite)
                : 0;
}
