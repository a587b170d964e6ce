#ifndef QUANTIR_LIB_CALIBRATE_OUTPUTFILE_H
#define QUANTIR_LIB_CALIBRATE_OUTPUTFILE_H

#include "quantir/Calibrate/TemporaryFile.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>

namespace quantir {

/// A file that appears under its name when `finish` succeeds, whole, and not at
/// all otherwise: until then it has a temporary name in the same folder.
class OutputFile {
public:
  static llvm::Expected<std::unique_ptr<OutputFile>>
  create(llvm::StringRef path);
  ~OutputFile();

  llvm::Error writeAt(uint64_t offset, llvm::ArrayRef<char> bytes);
  llvm::Error finish();

  const std::string path;

private:
  OutputFile(llvm::StringRef path, int descriptor)
      : path(path), descriptor(descriptor) {}
  llvm::Error failure(int errorNumber) const;

  int descriptor; // owned by `staged`, if there is one
  std::optional<TemporaryFile> staged;
};

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_OUTPUTFILE_H
