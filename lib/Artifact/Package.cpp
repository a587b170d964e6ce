#include "quantir/Artifact/Package.h"

#include "quantir/Calibrate/TemporaryFile.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

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

/// Constants with addresses in them are written only when they are loaded, and
/// the number of the level that runs is the same whoever writes it.
static bool isWritable(const object::ELFSectionRef &section, StringRef name) {
  return (section.getFlags() & ELF::SHF_WRITE) && section.getSize() > 0 &&
         !name.starts_with(".data.rel.ro") &&
         name != ".bss.quantir_chosen_level";
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

/// All that is written to the pipe until the last of its writers closes it.
static std::string readPipe(int descriptor) {
  std::string all;
  char part[1 << 16];
  for (;;) {
    ssize_t size = read(descriptor, part, sizeof part);
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return all;
    all.append(part, size_t(size));
  }
}

/// Links the file `input`. The linker would stage a file of its own beside its
/// output, which a signal could leave behind, so that it writes to a pipe.
static Expected<std::string> link(StringRef input,
                                  const ArtifactDescription &description) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return createStringError(std::error_code(errno, std::generic_category()),
                             "cannot make a pipe for the linker");
  std::string bytes;
  std::thread reader([&] { bytes = readPipe(ends[0]); });
  std::string runAlias = "--defsym=quantir_run=" + description.runSymbol();
  std::string descriptionAlias =
      "--defsym=quantir_artifact=" + description.descriptionSymbol();
  std::string inputPath = input.str();
  std::string outputPath = "/dev/fd/" + std::to_string(ends[1]);
  Error error = runLinker({"ld.lld", "-shared", "-z", "now", "-z", "relro",
                           "--gc-sections", "--strip-all", "--build-id=none",
                           "--hash-style=gnu", "--threads=1", runAlias.c_str(),
                           descriptionAlias.c_str(), "-o", outputPath.c_str(),
                           inputPath.c_str()});
  close(ends[1]);
  reader.join();
  close(ends[0]);
  if (error)
    return error;
  return bytes;
}

Expected<std::string>
quantir::linkSharedLibrary(StringRef object,
                           const ArtifactDescription &description,
                           StringRef scratchFolder) {
  SmallString<128> model(scratchFolder);
  sys::path::append(model, description.name + ".%%%%%%%%.tmp");
  Expected<TemporaryFile> input = TemporaryFile::create(model);
  if (!input)
    return createStringError(formatv("cannot write in '{0}': {1}",
                                     scratchFolder, toString(input.takeError()))
                                 .str());
  raw_fd_ostream stream(input->getDescriptor(), /*shouldClose=*/false);
  stream << object;
  stream.flush();
  std::error_code code = stream.error();
  stream.clear_error();
  if (code)
    return createStringError(code, "cannot write '%s': %s",
                             input->getPath().str().c_str(),
                             code.message().c_str());
  return link(input->getPath(), description);
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
