#include "OutputFile.h"

#include <cerrno>
#include <unistd.h>

using namespace llvm;
using namespace quantir;

static Error cannotWrite(StringRef path, const Twine &why) {
  return createStringError("cannot write '" + path + "': " + why);
}

Expected<std::unique_ptr<OutputFile>> OutputFile::create(StringRef path) {
  sys::fs::file_status status;
  if (!sys::fs::status(path, status) && sys::fs::is_other(status)) {
    int descriptor;
    if (std::error_code code = sys::fs::openFileForWrite(path, descriptor))
      return cannotWrite(path, code.message());
    return std::unique_ptr<OutputFile>(new OutputFile(path, descriptor));
  }
  Expected<TemporaryFile> file =
      TemporaryFile::create((path + ".%%%%%%%%.tmp").str());
  if (!file)
    return cannotWrite(path, toString(file.takeError()));
  std::unique_ptr<OutputFile> output(
      new OutputFile(path, file->getDescriptor()));
  output->staged = std::move(*file);
  return output;
}

OutputFile::~OutputFile() {
  if (!staged)
    close(descriptor);
}

Error OutputFile::failure(int errorNumber) const {
  return cannotWrite(
      path, std::error_code(errorNumber, std::generic_category()).message());
}

Error OutputFile::writeAt(uint64_t offset, ArrayRef<char> bytes) {
  while (!bytes.empty()) {
    ssize_t written = pwrite(descriptor, bytes.data(), bytes.size(),
                             static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return failure(errno);
    bytes = bytes.drop_front(written);
    offset += written;
  }
  return Error::success();
}

Error OutputFile::finish() {
  if (!staged)
    return Error::success();
  if (fsync(descriptor) != 0)
    return failure(errno);
  if (Error error = staged->keep(path))
    return cannotWrite(path, toString(std::move(error)));
  return Error::success();
}
