#include "DataFile.h"

using namespace llvm;
using namespace quantir;

ByteStream::~ByteStream() = default;

Error ByteStream::failure(const Twine &problem) const {
  return createStringError(where + " " + problem);
}

Error ByteStream::read(uint64_t offset, MutableArrayRef<char> bytes) {
  if (offset > size || bytes.size() > size - offset)
    return failure("is truncated; make or copy the file again");
  return readInside(offset, bytes);
}

Expected<std::shared_ptr<DataFile>> DataFile::open(StringRef path) {
  std::string where = ("'" + path + "'").str();
  auto cannotOpen = [&](const Twine &why) {
    return createStringError("cannot open " + where + ": " + why);
  };
  // Asked first: opening a pipe would wait for its writer.
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status))
    return cannotOpen(code.message());
  if (!sys::fs::is_regular_file(status))
    return cannotOpen("it is not a file");
  Expected<sys::fs::file_t> handle = sys::fs::openNativeFileForRead(path);
  if (!handle)
    return cannotOpen(toString(handle.takeError()));
  std::shared_ptr<DataFile> file(
      new DataFile(std::move(where), status.getSize(), *handle));
  return file;
}

DataFile::~DataFile() {
  consumeError(errorCodeToError(sys::fs::closeFile(handle)));
}

Error DataFile::readInside(uint64_t offset, MutableArrayRef<char> bytes) {
  while (!bytes.empty()) {
    Expected<size_t> got = sys::fs::readNativeFileSlice(handle, bytes, offset);
    if (!got)
      return failure("cannot be read: " + toString(got.takeError()));
    if (*got == 0)
      return failure("became shorter while it was read");
    bytes = bytes.drop_front(*got);
    offset += *got;
  }
  return Error::success();
}
