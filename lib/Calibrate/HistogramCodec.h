#ifndef QUANTIR_LIB_CALIBRATE_HISTOGRAMCODEC_H
#define QUANTIR_LIB_CALIBRATE_HISTOGRAMCODEC_H

#include "quantir/Calibrate/ChannelStatistics.h"
#include "quantir/Calibrate/Histogram.h"
#include "quantir/Calibrate/Sensitivity.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"

namespace quantir {

/// Takes numbers and text off bytes that may be anything. After the first that
/// is not there, everything is 0 or empty and `failed` stays true.
class FieldReader {
public:
  explicit FieldReader(llvm::StringRef bytes) : rest(bytes) {}

  uint64_t number();
  float real();
  llvm::StringRef text();

  bool failed = false;
  llvm::StringRef rest;
};

void writeNumber(llvm::raw_ostream &stream, uint64_t value);
void writeText(llvm::raw_ostream &stream, llvm::StringRef text);

/// A histogram as bytes: its numbers, then for each side the bins that are not
/// empty, each with its distance from the one before.
class HistogramCodec {
public:
  static void write(llvm::raw_ostream &stream, const Histogram &histogram);
  /// False when the bytes describe no state that values could have led to.
  static bool read(FieldReader &reader, Histogram &histogram);

  /// Number of channels and rows, then extremes and sum of each channel.
  static void write(llvm::raw_ostream &stream,
                    const ChannelStatistics &channels);
  static bool read(FieldReader &reader, ChannelStatistics &channels);

  /// Number of samples and sum.
  static void write(llvm::raw_ostream &stream, const Sensitivity &sensitivity);
  static bool read(FieldReader &reader, Sensitivity &sensitivity);

private:
  static bool readSide(FieldReader &reader, Histogram &histogram, unsigned side,
                       uint64_t &values);
};

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_HISTOGRAMCODEC_H
