#include "quantir/Calibrate/TemporaryFile.h"

#include "llvm/Support/Signals.h"
#include <unistd.h>
#include <utility>

using namespace llvm;
using namespace quantir;

Expected<TemporaryFile> TemporaryFile::create(StringRef model, unsigned mode) {
  std::error_code code = std::make_error_code(std::errc::file_exists);
  for (int attempt = 0;
       attempt < 128 && code == std::make_error_code(std::errc::file_exists);
       ++attempt) {
    SmallString<128> path;
    sys::fs::createUniquePath(model, path, /*MakeAbsolute=*/false);
    std::string message;
    if (sys::RemoveFileOnSignal(path, &message))
      return createStringError(message);
    int descriptor;
    code = sys::fs::openFileForReadWrite(
        path, descriptor, sys::fs::CD_CreateNew, sys::fs::OF_None, mode);
    if (!code)
      return TemporaryFile(path, descriptor);
    sys::DontRemoveFileOnSignal(path);
  }
  return errorCodeToError(code);
}

TemporaryFile::TemporaryFile(TemporaryFile &&other) noexcept
    : path(std::exchange(other.path, {})), descriptor(other.descriptor) {}

TemporaryFile &TemporaryFile::operator=(TemporaryFile &&other) noexcept {
  discard();
  path = std::exchange(other.path, {});
  descriptor = other.descriptor;
  return *this;
}

TemporaryFile::~TemporaryFile() { discard(); }

void TemporaryFile::discard() {
  if (path.empty())
    return;
  (void)sys::fs::remove(path);
  sys::DontRemoveFileOnSignal(path);
  close(descriptor);
  path.clear();
}

Error TemporaryFile::keep(StringRef name) {
  if (std::error_code code = sys::fs::rename(path, name)) {
    discard();
    return errorCodeToError(code);
  }
  sys::DontRemoveFileOnSignal(path);
  close(descriptor);
  path.clear();
  return Error::success();
}
