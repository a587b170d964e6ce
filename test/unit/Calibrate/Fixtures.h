#ifndef QUANTIR_TEST_CALIBRATE_FIXTURES_H
#define QUANTIR_TEST_CALIBRATE_FIXTURES_H

#include "quantir/Calibrate/SampleData.h"

#include "gtest/gtest.h"

/// A folder that is empty when a test starts and gone when it ends, and files
/// in it that numpy and onnx themselves have written.
class FolderTest : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  /// Runs Python there, with numpy as `np`, onnx's numpy_helper as `onh` and
  /// `rng`, a generator with a fixed seed.
  void python(llvm::StringRef script);
  void write(llvm::StringRef name, llvm::StringRef bytes);
  std::string bytesOf(llvm::StringRef name);
  std::string path(llvm::StringRef name = "") const;

  /// The message of an error, with the folder's name taken out.
  std::string message(llvm::Error error) const;

private:
  std::string folder;
};

/// All samples of all inputs, one after the other, as floats.
std::vector<float> readAll(quantir::SampleSource &source,
                           llvm::ArrayRef<quantir::ArrayInfo> inputs);

#endif // QUANTIR_TEST_CALIBRATE_FIXTURES_H
