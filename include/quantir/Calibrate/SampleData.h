#ifndef QUANTIR_CALIBRATE_SAMPLEDATA_H
#define QUANTIR_CALIBRATE_SAMPLEDATA_H

#include "quantir/Calibrate/ArrayInfo.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace quantir {

/// Whether NaN and infinity in float inputs are errors.
enum class NonFinite { Refuse, Allow };

/// Samples for the inputs of a model, read from files one at a time: memory
/// does not grow with their number. Reading in ascending order is fast;
/// compressed files start anew when the order goes back. For one thread.
class SampleSource {
public:
  virtual ~SampleSource();

  uint64_t numSamples() const { return samples; }

  /// Fills `buffers`, one for each input in the order given to `openSamples`,
  /// each of exactly that input's `byteSize()`.
  /// \param sample  in [0, numSamples()).
  virtual llvm::Error
  read(uint64_t sample,
       llvm::ArrayRef<llvm::MutableArrayRef<char>> buffers) = 0;

protected:
  uint64_t samples = 0;
};

/// Opens `path`, which may be
/// - an `.npz` file: arrays by input name, all of them and no others;
/// - an `.npy` file, for a model of one input;
/// - a folder of such files, read in the order of their names;
/// - an ONNX test data set (a folder with `input_0.pb`, ...), or a folder of
/// such
///   folders. Tensors are taken by name, or in order where no name fits.
///
/// An array of the input's shape holds one sample; one whose first dimension is
/// a multiple of the input's, or that has one leading dimension more, holds
/// that many. Every input has as many samples in a file. Types must be equal:
/// nothing is converted. At least one sample is there.
llvm::Expected<std::unique_ptr<SampleSource>>
openSamples(llvm::StringRef path, llvm::ArrayRef<ArrayInfo> inputs,
            NonFinite nonFinite = NonFinite::Refuse);

/// Reads `output_0.pb`, ... of an ONNX test data set, in the order of
/// `outputs`, with types and shapes checked as for inputs.
llvm::Expected<std::vector<ArrayData>>
readTestOutputs(llvm::StringRef folder, llvm::ArrayRef<ArrayInfo> outputs);

} // namespace quantir

#endif // QUANTIR_CALIBRATE_SAMPLEDATA_H
