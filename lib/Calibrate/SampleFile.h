#ifndef QUANTIR_LIB_CALIBRATE_SAMPLEFILE_H
#define QUANTIR_LIB_CALIBRATE_SAMPLEFILE_H

#include "quantir/Calibrate/ArrayInfo.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace quantir {

/// The samples of one file, or of one ONNX test data set. Names, types and
/// shapes are checked when it is opened.
class SampleFile {
public:
  virtual ~SampleFile();

  /// Fills `bytes`, which are as many as the input takes.
  virtual llvm::Error read(unsigned input, uint64_t sample,
                           llvm::MutableArrayRef<char> bytes) = 0;
  /// Names the array of an input in messages.
  virtual std::string where(unsigned input) const = 0;

  uint64_t numSamples = 0;
};

/// Opens an `.npy` or `.npz` file, told apart by their contents, or the folder
/// of a test data set.
llvm::Expected<std::unique_ptr<SampleFile>>
openSampleFile(llvm::StringRef path, llvm::ArrayRef<ArrayInfo> inputs);

/// The index in `present` of the array for each wanted one. Something missing
/// or left over is an error.
/// \param where  what holds the arrays.
llvm::Expected<std::vector<unsigned>>
matchNames(llvm::ArrayRef<std::string> present,
           llvm::ArrayRef<ArrayInfo> wanted, const std::string &where);

/// Reads `PREFIX_0.pb`, ... of a test data set in the order of `wanted`, with
/// types and shapes checked.
/// \param prefix  `input` or `output`.
llvm::Expected<std::vector<ArrayData>>
readTestSet(llvm::StringRef folder, llvm::StringRef prefix,
            llvm::ArrayRef<ArrayInfo> wanted);

/// Number of samples for `wanted` in an array of this type and shape.
/// \param where  names the array in messages.
llvm::Expected<uint64_t> countSamples(const ArrayInfo &wanted,
                                      ArrayElement element,
                                      llvm::ArrayRef<int64_t> shape,
                                      const std::string &where);

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_SAMPLEFILE_H
