#include "HistogramCodec.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/LEB128.h"
#include <cmath>

using namespace llvm;
using namespace quantir;

/// Leaves room for merging: counts of 64 bits never wrap.
static constexpr uint64_t largestCount = uint64_t(1) << 56;

uint64_t FieldReader::number() {
  const auto *begin = reinterpret_cast<const uint8_t *>(rest.begin());
  const auto *end = reinterpret_cast<const uint8_t *>(rest.end());
  unsigned size = 0;
  const char *problem = nullptr;
  uint64_t value = decodeULEB128(begin, &size, end, &problem);
  failed |= problem != nullptr;
  rest = failed ? StringRef() : rest.drop_front(size);
  return failed ? 0 : value;
}

float FieldReader::real() {
  failed |= rest.size() < 4;
  if (failed)
    return 0;
  uint32_t bits = support::endian::read32le(rest.data());
  rest = rest.drop_front(4);
  return bit_cast<float>(bits);
}

StringRef FieldReader::text() {
  uint64_t size = number();
  failed |= size > rest.size();
  if (failed)
    return "";
  StringRef value = rest.take_front(size);
  rest = rest.drop_front(size);
  return value;
}

void quantir::writeNumber(raw_ostream &stream, uint64_t value) {
  encodeULEB128(value, stream);
}

void quantir::writeText(raw_ostream &stream, StringRef text) {
  writeNumber(stream, text.size());
  stream << text;
}

static void writeReal(raw_ostream &stream, float value) {
  char bytes[4];
  support::endian::write32le(bytes, bit_cast<uint32_t>(value));
  stream.write(bytes, sizeof(bytes));
}

void HistogramCodec::write(raw_ostream &stream, const Histogram &histogram) {
  for (uint64_t value : {histogram.finite, histogram.zero, histogram.bad})
    writeNumber(stream, value);
  writeReal(stream, histogram.lowest);
  writeReal(stream, histogram.highest);
  writeNumber(stream, histogram.exp - Histogram::minExponent);
  for (ArrayRef<uint64_t> side : {histogram.positive(), histogram.negative()}) {
    writeNumber(stream, count_if(side, [](uint64_t count) { return count; }));
    size_t next = 0;
    for (auto [bin, count] : enumerate(side)) {
      if (!count)
        continue;
      writeNumber(stream, bin - next);
      writeNumber(stream, count);
      next = bin + 1;
    }
  }
}

bool HistogramCodec::readSide(FieldReader &reader, Histogram &histogram,
                              unsigned side, uint64_t &values) {
  uint64_t occupied = reader.number(), next = 0;
  if (occupied > Histogram::binsPerSide)
    return false;
  if (occupied != 0)
    histogram.bins.resize(size_t(2) * Histogram::binsPerSide);
  for (; occupied; --occupied) {
    uint64_t gap = reader.number(), count = reader.number();
    if (gap >= Histogram::binsPerSide - next || count == 0 ||
        count > largestCount)
      return false;
    next += gap;
    histogram.bins[side + next++] = count;
    values += count;
  }
  return true;
}

bool HistogramCodec::read(FieldReader &reader, Histogram &histogram) {
  histogram = Histogram();
  for (uint64_t *value : {&histogram.finite, &histogram.zero, &histogram.bad}) {
    *value = reader.number();
    if (*value > largestCount)
      return false;
  }
  float lowest = reader.real(), highest = reader.real();
  uint64_t exponent = reader.number(), values = 0;
  if (!readSide(reader, histogram, 0, values) ||
      !readSide(reader, histogram, Histogram::binsPerSide, values) ||
      reader.failed)
    return false;
  // What follows from the extremes is computed and compared, not believed.
  if (!std::isfinite(lowest) || !std::isfinite(highest) || lowest > highest)
    return false;
  float extremes[] = {lowest, highest};
  Histogram expected;
  expected.add(extremes);
  histogram.lowest = expected.lowest;
  histogram.highest = expected.highest;
  histogram.exp = expected.exp;
  bool noneButZero = values == 0;
  return exponent ==
             static_cast<uint64_t>(expected.exp - Histogram::minExponent) &&
         values + histogram.zero == histogram.finite &&
         (noneButZero ? lowest == 0 && highest == 0
                      : lowest != 0 || highest != 0);
}

static constexpr size_t sumSize = 16;

static void writeSum(raw_ostream &stream, const ExactSum &sum) {
  char bytes[sumSize];
  support::endian::write64le(bytes, sum.low);
  support::endian::write64le(bytes + 8, sum.high);
  stream.write(bytes, sizeof(bytes));
}

static ExactSum readSum(FieldReader &reader) {
  reader.failed |= reader.rest.size() < sumSize;
  if (reader.failed)
    return {};
  const char *bytes = reader.rest.data();
  reader.rest = reader.rest.drop_front(sumSize);
  return {support::endian::read64le(bytes),
          support::endian::read64le(bytes + 8)};
}

/// Extremes and sum of one channel in the file.
static constexpr uint64_t channelSize = 24;

void HistogramCodec::write(raw_ostream &stream,
                           const ChannelStatistics &channels) {
  writeNumber(stream, channels.entries.size());
  writeNumber(stream, channels.rows);
  for (const ChannelStatistics::Channel &channel : channels.entries) {
    writeReal(stream, channel.low);
    writeReal(stream, channel.high);
    writeSum(stream, channel.sum);
  }
}

bool HistogramCodec::read(FieldReader &reader, ChannelStatistics &channels) {
  channels = ChannelStatistics();
  uint64_t count = reader.number();
  channels.rows = reader.number();
  if (reader.failed || count > reader.rest.size() / channelSize ||
      channels.rows > largestCount || (count == 0) != (channels.rows == 0))
    return false;
  channels.entries.resize(count);
  for (ChannelStatistics::Channel &channel : channels.entries) {
    channel.low = reader.real();
    channel.high = reader.real();
    channel.sum = readSum(reader);
    if (!std::isfinite(channel.low) || !std::isfinite(channel.high) ||
        channel.low > channel.high)
      return false;
  }
  return true;
}

void HistogramCodec::write(raw_ostream &stream,
                           const Sensitivity &sensitivity) {
  writeNumber(stream, sensitivity.samples);
  writeSum(stream, sensitivity.sum);
}

bool HistogramCodec::read(FieldReader &reader, Sensitivity &sensitivity) {
  sensitivity.samples = reader.number();
  sensitivity.sum = readSum(reader);
  double sum = sensitivity.sum.value();
  return !reader.failed && sensitivity.samples <= largestCount && sum >= 0 &&
         sum <= static_cast<double>(sensitivity.samples);
}
