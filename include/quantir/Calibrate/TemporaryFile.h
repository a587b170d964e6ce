#ifndef QUANTIR_CALIBRATE_TEMPORARYFILE_H
#define QUANTIR_CALIBRATE_TEMPORARYFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

namespace quantir {

/// A file that goes away with this object, and when a signal asks the process
/// to end: it is registered for that before it exists, unlike LLVM's TempFile,
/// which a signal in between would leave behind.
class TemporaryFile {
public:
  /// \param model  the path; each % becomes a random digit.
  static llvm::Expected<TemporaryFile>
  create(llvm::StringRef model,
         unsigned mode = llvm::sys::fs::all_read | llvm::sys::fs::all_write);

  TemporaryFile(TemporaryFile &&other) noexcept;
  TemporaryFile &operator=(TemporaryFile &&other) noexcept;
  ~TemporaryFile();

  llvm::StringRef getPath() const { return path; }
  int getDescriptor() const { return descriptor; }

  /// Gives the file its final name, in the same file system; it stays.
  llvm::Error keep(llvm::StringRef name);

private:
  TemporaryFile(llvm::StringRef path, int descriptor)
      : path(path), descriptor(descriptor) {}
  void discard();

  std::string path; ///< empty when there is no file any more
  int descriptor;
};

} // namespace quantir

#endif // QUANTIR_CALIBRATE_TEMPORARYFILE_H
