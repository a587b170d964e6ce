#ifndef QUANTIR_CALIBRATE_NPZWRITER_H
#define QUANTIR_CALIBRATE_NPZWRITER_H

#include "quantir/Calibrate/ArrayInfo.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace quantir {

class OutputFile;

/// Writes arrays to an uncompressed `.npz` file. Their sizes are known from the
/// start, so they can grow side by side, a sample at a time, in constant
/// memory. The bytes depend on the arrays alone. The file appears under its
/// name when `finish` succeeds, whole; until then, and without it, it does not.
class NpzWriter {
public:
  static llvm::Expected<std::unique_ptr<NpzWriter>>
  create(llvm::StringRef path, llvm::ArrayRef<ArrayInfo> arrays);
  ~NpzWriter();

  /// Appends to the array at `index`.
  llvm::Error append(unsigned index, llvm::ArrayRef<char> bytes);

  /// Every array must be full.
  llvm::Error finish();

private:
  struct Member {
    ArrayInfo info;
    std::string header;
    uint64_t localHeader = 0; // where it starts in the file
    uint64_t dataStart = 0;
    uint64_t written = 0;
    uint32_t crc = 0;

    uint64_t size() const { return header.size() + info.byteSize(); }
  };

  explicit NpzWriter(std::unique_ptr<OutputFile> file);
  void place(llvm::ArrayRef<ArrayInfo> arrays);

  std::unique_ptr<OutputFile> file;
  std::vector<Member> members;
  uint64_t directory = 0; // where the central directory starts
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_NPZWRITER_H
