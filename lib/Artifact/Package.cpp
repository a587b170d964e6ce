#include "quantir/Artifact/Package.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;
using namespace quantir;

/// What a program always has, and a name of the linker's own.
static bool isAlwaysThere(StringRef symbol) {
  return StringSwitch<bool>(symbol)
      .Cases({"memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_"}, true)
      .Default(false);
}

Error quantir::checkFreestanding(StringRef object,
                                 ArrayRef<StringRef> alsoThere) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createELFObjectFile(MemoryBufferRef(object, "model"));
  if (!file)
    return file.takeError();
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    if (!flags)
      return flags.takeError();
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty() &&
        !isAlwaysThere(*name) && !is_contained(alsoThere, *name))
      return createStringError(
          formatv("internal error: the compiled code needs '{0}', which it may "
                  "not expect of a program",
                  *name)
              .str());
  }
  return Error::success();
}

/// Constants with addresses in them are written only when they are loaded.
static bool isWritable(const object::ELFSectionRef &section, StringRef name) {
  return (section.getFlags() & ELF::SHF_WRITE) && section.getSize() > 0 &&
         !name.starts_with(".data.rel.ro");
}

Error quantir::checkReentrant(StringRef object) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createELFObjectFile(MemoryBufferRef(object, "model"));
  if (!file)
    return file.takeError();
  for (const object::SectionRef &section : (*file)->sections()) {
    Expected<StringRef> name = section.getName();
    if (!name)
      return name.takeError();
    if (isWritable(section, *name))
      return createStringError(
          formatv("internal error: the compiled code has writable data ({0}), "
                  "which two runs would share",
                  *name)
              .str());
  }
  return Error::success();
}

/// lld keeps its state in global variables.
static Error runLinker(ArrayRef<const char *> arguments) {
  static std::mutex oneAtATime;
  std::lock_guard<std::mutex> lock(oneAtATime);
  std::string output, errors;
  raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(arguments, outputStream, errorStream,
                                    {{lld::Gnu, &lld::elf::link}});
  if (result.retCode == 0)
    return Error::success();
  return createStringError("internal error: the linker failed: " +
                           StringRef(errors).trim().str());
}

/// Links `input` to `output`; both are files.
static Error link(StringRef input, StringRef output,
                  const ArtifactDescription &description) {
  std::string runAlias = "--defsym=quantir_run=" + description.runSymbol();
  std::string descriptionAlias =
      "--defsym=quantir_artifact=" + description.descriptionSymbol();
  std::string inputPath = input.str(), outputPath = output.str();
  return runLinker({"ld.lld", "-shared", "-z", "now", "-z", "relro",
                    "--gc-sections", "--strip-all", "--build-id=none",
                    "--hash-style=gnu", "--threads=1", runAlias.c_str(),
                    descriptionAlias.c_str(), "-o", outputPath.c_str(),
                    inputPath.c_str()});
}

static Expected<std::string> readFile(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError(), "cannot read '%s': %s",
                             path.str().c_str(),
                             buffer.getError().message().c_str());
  return (*buffer)->getBuffer().str();
}

Expected<std::string>
quantir::linkSharedLibrary(StringRef object,
                           const ArtifactDescription &description,
                           StringRef scratchFolder) {
  SmallString<128> model(scratchFolder);
  sys::path::append(model, description.name + ".%%%%%%%%.tmp");
  Expected<sys::fs::TempFile> input = sys::fs::TempFile::create(model);
  if (!input)
    return createStringError(formatv("cannot write in '{0}': {1}",
                                     scratchFolder, toString(input.takeError()))
                                 .str());
  scope_exit removeInput([&] { consumeError(input->discard()); });
  // The linker replaces its output file, so this one holds only the name.
  Expected<sys::fs::TempFile> output = sys::fs::TempFile::create(model);
  if (!output)
    return output.takeError();
  scope_exit removeOutput([&] { consumeError(output->discard()); });
  raw_fd_ostream stream(input->FD, /*shouldClose=*/false);
  stream << object;
  stream.flush();
  std::error_code code = stream.error();
  stream.clear_error();
  if (code)
    return createStringError(code, "cannot write '%s': %s",
                             input->TmpName.c_str(), code.message().c_str());
  if (Error error = link(input->TmpName, output->TmpName, description))
    return error;
  return readFile(output->TmpName);
}

Expected<std::string>
quantir::makeStaticLibrary(StringRef object,
                           const ArtifactDescription &description) {
  std::string memberName = description.name + ".o";
  NewArchiveMember member(MemoryBufferRef(object, memberName));
  std::vector<NewArchiveMember> members;
  members.push_back(std::move(member));
  Expected<std::unique_ptr<MemoryBuffer>> archive = writeArchiveToBuffer(
      members, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU,
      /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  return (*archive)->getBuffer().str();
}
