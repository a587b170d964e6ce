#include "quantir/Artifact/WriteFolder.h"

#include "quantir/Artifact/WriteArtifact.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace quantir;
namespace fs = llvm::sys::fs;

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(
      code, formatv("cannot write '{0}': {1}", path, code.message()).str());
}

/// `out` of `out/`.
static StringRef withoutSlash(StringRef path) {
  while (path.size() > 1 && sys::path::is_separator(path.back()))
    path = path.drop_back();
  return path;
}

Error quantir::checkFolder(StringRef path, StringRef ending) {
  path = withoutSlash(path);
  StringRef parent = sys::path::parent_path(path);
  if (std::error_code code =
          fs::access(parent.empty() ? "." : parent, fs::AccessMode::Write))
    return cannotWrite(path, code);
  fs::file_status status;
  if (fs::status(path, status)) // it is not there
    return Error::success();
  if (!fs::is_directory(status))
    return cannotWrite(path, std::make_error_code(std::errc::not_a_directory));
  std::error_code code;
  for (fs::directory_iterator it(path, code), end; !code && it != end;
       it.increment(code))
    if (it->type() != fs::file_type::regular_file ||
        !StringRef(it->path()).ends_with(ending))
      return createStringError(
          std::make_error_code(std::errc::directory_not_empty),
          formatv("cannot write '{0}': it holds more than {1} files, such as "
                  "'{2}'",
                  path, ending, sys::path::filename(it->path()))
              .str());
  return code ? cannotWrite(path, code) : Error::success();
}

/// A folder of a new name beside `path`.
static Expected<SmallString<128>> makeSibling(StringRef path) {
  SmallString<128> sibling;
  std::error_code code;
  do {
    fs::createUniquePath(path + ".%%%%%%%%.tmp", sibling,
                         /*MakeAbsolute=*/false);
    code = fs::create_directory(sibling, /*IgnoreExisting=*/false, fs::all_all);
  } while (code == std::errc::file_exists);
  if (code)
    return cannotWrite(path, code);
  return sibling;
}

Error quantir::writeFolderWhole(StringRef path, StringRef ending,
                                const std::map<std::string, StringRef> &files) {
  path = withoutSlash(path);
  if (Error error = checkFolder(path, ending))
    return error;
  Expected<SmallString<128>> staged = makeSibling(path);
  if (!staged)
    return staged.takeError();
  // In the end the old folder is under that name, or a part of the new one.
  auto clean = scope_exit([&] { fs::remove_directories(*staged); });
  for (const auto &[name, bytes] : files)
    if (Error error = writeFileWhole((*staged + "/" + name).str(), bytes))
      return error;
  if (!fs::exists(path)) {
    std::error_code code = fs::rename(*staged, path);
    return code ? cannotWrite(path, code) : Error::success();
  }
  Expected<SmallString<128>> old = makeSibling(path);
  if (!old)
    return old.takeError();
  std::error_code code = fs::rename(path, *old); // an empty one is replaced
  if (!code)
    code = fs::rename(*staged, path);
  if (code) {
    fs::rename(*old, path);
    return cannotWrite(path, code);
  }
  *staged = *old;
  return Error::success();
}
