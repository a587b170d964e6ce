#ifndef QUANTIR_LIB_CALIBRATE_DATAFILE_H
#define QUANTIR_LIB_CALIBRATE_DATAFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include <memory>
#include <string>

namespace quantir {

/// A number of bytes that can be read in pieces, and where they are for
/// messages.
class ByteStream {
public:
  ByteStream(std::string where, uint64_t size)
      : where(std::move(where)), size(size) {}
  virtual ~ByteStream();

  /// Fills `bytes` from `offset` on; an error when that goes beyond the end.
  llvm::Error read(uint64_t offset, llvm::MutableArrayRef<char> bytes);
  llvm::Error failure(const llvm::Twine &problem) const;

  const std::string where;
  const uint64_t size;

private:
  virtual llvm::Error readInside(uint64_t offset,
                                 llvm::MutableArrayRef<char> bytes) = 0;
};

/// A regular file, read by position: its size is the one it had when opened,
/// and a file that shrinks meanwhile is an error, not a fault.
class DataFile final : public ByteStream {
public:
  static llvm::Expected<std::shared_ptr<DataFile>> open(llvm::StringRef path);
  ~DataFile() override;

private:
  DataFile(std::string where, uint64_t size, llvm::sys::fs::file_t handle)
      : ByteStream(std::move(where), size), handle(handle) {}
  llvm::Error readInside(uint64_t offset,
                         llvm::MutableArrayRef<char> bytes) override;

  llvm::sys::fs::file_t handle;
};

} // namespace quantir

#endif // QUANTIR_LIB_CALIBRATE_DATAFILE_H
