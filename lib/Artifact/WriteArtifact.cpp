#include "quantir/Artifact/WriteArtifact.h"

#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/FileKind.h"
#include "quantir/Artifact/Header.h"
#include "quantir/Artifact/Package.h"
#include "quantir/Calibrate/TemporaryFile.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <unistd.h>

using namespace llvm;
using namespace quantir;

static Error cannotWrite(StringRef path, std::error_code code) {
  return createStringError(
      code, formatv("cannot write '{0}': {1}", path, code.message()).str());
}

/// A device or a pipe, which must not be replaced by a file of its name.
static bool isSpecial(StringRef path) {
  sys::fs::file_status status;
  return !sys::fs::status(path, status) && sys::fs::is_other(status);
}

namespace {

/// A file under a temporary name, in the folder where it will be.
class StagedFile {
public:
  static Expected<StagedFile> create(StringRef path, StringRef bytes,
                                     bool executable) {
    unsigned mode = sys::fs::all_read | sys::fs::all_write |
                    (executable ? sys::fs::all_exe : 0);
    if (sys::fs::is_directory(path))
      return cannotWrite(path, std::make_error_code(std::errc::is_a_directory));
    if (isSpecial(path))
      return cannotWrite(path, std::make_error_code(std::errc::file_exists));
    Expected<TemporaryFile> file =
        TemporaryFile::create((path + ".%%%%%%%%.tmp").str(), mode);
    if (!file)
      return cannotWrite(path, errorToErrorCode(file.takeError()));
    StagedFile staged(path, std::move(*file));
    if (std::error_code code = staged.fill(bytes))
      return cannotWrite(path, code);
    return staged;
  }

  /// Gives the file its name.
  Error keep() {
    if (Error error = file.keep(path))
      return cannotWrite(path, errorToErrorCode(std::move(error)));
    return Error::success();
  }

private:
  StagedFile(StringRef path, TemporaryFile file)
      : path(path.str()), file(std::move(file)) {}

  std::error_code fill(StringRef bytes) {
    raw_fd_ostream stream(file.getDescriptor(), /*shouldClose=*/false);
    stream << bytes;
    stream.flush();
    std::error_code code = stream.error();
    stream.clear_error();
    if (!code && fsync(file.getDescriptor()) != 0)
      code = std::error_code(errno, std::generic_category());
    return code;
  }

  std::string path;
  TemporaryFile file;
};

} // namespace

static Error writeInPlace(StringRef path, StringRef bytes) {
  std::error_code code;
  raw_fd_ostream stream(path, code, sys::fs::CD_OpenExisting);
  if (code)
    return cannotWrite(path, code);
  stream << bytes;
  stream.close();
  code = stream.error();
  stream.clear_error();
  return code ? cannotWrite(path, code) : Error::success();
}

Error quantir::writeFileWhole(StringRef path, StringRef bytes,
                              bool executable) {
  if (isSpecial(path))
    return writeInPlace(path, bytes);
  Expected<StagedFile> file = StagedFile::create(path, bytes, executable);
  return file ? file->keep() : file.takeError();
}

/// The bytes of a file of this kind, from an optimised module.
static Expected<std::string> compile(Module &module,
                                     const ArtifactDescription &description,
                                     const TargetSpec &target, FileKind kind,
                                     StringRef folder) {
  if (kind == FileKind::LlvmIR)
    return printModule(module);
  if (kind == FileKind::Assembly)
    return emitAssembly(module, target);
  Expected<std::string> object = emitObject(module, target);
  if (!object)
    return object.takeError();
  if (Error error = checkFreestanding(*object))
    return error;
  if (Error error = checkReentrant(*object))
    return error;
  if (kind == FileKind::Object)
    return object;
  if (kind == FileKind::StaticLibrary)
    return makeStaticLibrary(*object, description, target);
  return linkSharedLibrary(*object, description, target,
                           folder.empty() ? "." : folder);
}

/// The header stands in its folder before the code is made: what cannot be
/// written fails early.
static Error writeWithHeader(Module &module,
                             const ArtifactDescription &description,
                             const TargetSpec &target, FileKind kind,
                             StringRef path) {
  SmallString<128> headerPath(path);
  sys::path::replace_extension(headerPath, ".h");
  Expected<StagedFile> header = StagedFile::create(
      headerPath, makeHeader(description, target), /*executable=*/false);
  if (!header)
    return header.takeError();
  Expected<std::string> bytes =
      compile(module, description, target, kind, sys::path::parent_path(path));
  if (!bytes)
    return bytes.takeError();
  Expected<StagedFile> artifact = StagedFile::create(
      path, *bytes, /*executable=*/kind == FileKind::SharedLibrary);
  if (!artifact)
    return artifact.takeError();
  if (Error error = header->keep())
    return error;
  return artifact->keep();
}

static bool isText(FileKind kind) {
  return kind == FileKind::Assembly || kind == FileKind::LlvmIR;
}

Error quantir::writeOptimized(Module &module,
                              const ArtifactDescription &description,
                              const TargetSpec &target, StringRef path) {
  Expected<FileKind> kind = fileKind(path, target);
  if (!kind)
    return kind.takeError();
  if (!isText(*kind))
    return writeWithHeader(module, description, target, *kind, path);
  Expected<std::string> text =
      compile(module, description, target, *kind, sys::path::parent_path(path));
  return text ? writeFileWhole(path, *text) : text.takeError();
}

Error quantir::writeArtifact(Module &module,
                             const ArtifactDescription &description,
                             const TargetSpec &target, StringRef path) {
  if (Expected<FileKind> kind = fileKind(path, target); !kind)
    return kind.takeError();
  if (Error error = addDescription(module, description, target))
    return error;
  if (Error error = optimizeModule(module, target))
    return error;
  return writeOptimized(module, description, target, path);
}
