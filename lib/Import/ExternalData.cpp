#include "ExternalData.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace llvm;

/// Opens `relative` below `folder`; the kernel refuses every way out of it.
static int openBeneath(StringRef folder, StringRef relative) {
  int base = open(folder.str().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (base < 0)
    return -1;
  llvm::scope_exit closeBase([&] { close(base); });
  struct open_how how = {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return int(
      syscall(SYS_openat2, base, relative.str().c_str(), &how, sizeof(how)));
}

static int openBesideModel(StringRef modelPath, StringRef location) {
  StringRef folder = sys::path::parent_path(modelPath);
  if (folder.empty())
    folder = ".";
  int file = openBeneath(folder, location);
  if (file >= 0 || errno != EXDEV)
    return file;
  // A cache of linked files: model and data are links into one other folder.
  SmallString<256> model, wanted(folder), real;
  sys::path::append(wanted, location);
  if (sys::fs::real_path(modelPath, model) || sys::fs::real_path(wanted, real))
    return -1;
  StringRef target = sys::path::parent_path(model), below = real;
  if (!below.consume_front(target) || !below.consume_front("/")) {
    errno = EXDEV;
    return -1;
  }
  return openBeneath(target, below);
}

Expected<std::unique_ptr<MemoryBuffer>>
quantir::readExternalData(StringRef modelPath, StringRef location,
                          int64_t offset, int64_t length) {
  auto refuse = [&](const Twine &why) {
    return createStringError("external data file '" + location + "' " + why);
  };
  if (location.empty() || location.contains('\0') ||
      sys::path::is_absolute(location) || location.contains("://"))
    return refuse("is not a path relative to the model's folder");
  int file = openBesideModel(modelPath, location);
  if (file < 0)
    return refuse(errno == EXDEV ? "is outside the model's folder"
                                 : "cannot be opened: " + sys::StrError(errno));
  llvm::scope_exit closeFile([&] { close(file); });
  struct stat status;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
    return refuse("is not a regular file");
  int64_t size = status.st_size;
  if (offset < 0 || offset > size)
    return refuse("has " + Twine(size) + " bytes, but the offset is " +
                  Twine(offset));
  if (length < 0)
    length = size - offset;
  if (length > size - offset)
    return refuse("has " + Twine(size) + " bytes, but the tensor needs " +
                  Twine(length) + " from " + Twine(offset));
  auto buffer = MemoryBuffer::getOpenFileSlice(file, location, length, offset);
  if (!buffer)
    return refuse("cannot be read: " + buffer.getError().message());
  return std::move(*buffer);
}
