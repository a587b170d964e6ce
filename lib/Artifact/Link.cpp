#include "quantir/Artifact/Package.h"

#include "quantir/Calibrate/TemporaryFile.h"

#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <thread>
#include <unistd.h>

LLD_HAS_DRIVER(coff)
LLD_HAS_DRIVER(elf)
LLD_HAS_DRIVER(macho)
LLD_HAS_DRIVER(wasm)

using namespace llvm;
using namespace quantir;

/// lld keeps its state in global variables.
static Error runLinker(ArrayRef<std::string> arguments) {
  SmallVector<const char *> pointers(map_range(
      arguments, [](const std::string &text) { return text.c_str(); }));
  static std::mutex oneAtATime;
  std::lock_guard<std::mutex> lock(oneAtATime);
  std::string output, errors;
  raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(pointers, outputStream, errorStream,
                                    {{lld::Gnu, &lld::elf::link},
                                     {lld::Darwin, &lld::macho::link},
                                     {lld::WinLink, &lld::coff::link},
                                     {lld::Wasm, &lld::wasm::link}});
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

using Arguments = std::vector<std::string>;

/// A library loads on systems with pages of 4 and of 16 KiB.
static Arguments elfArguments(const std::string &run,
                              const std::string &describe) {
  return {"ld.lld",
          "-shared",
          "-z",
          "now",
          "-z",
          "relro",
          "-z",
          "max-page-size=16384",
          "--no-undefined",
          "--gc-sections",
          "--strip-all",
          "--build-id=none",
          "--hash-style=gnu",
          "--threads=1",
          "--defsym=quantir_run=" + run,
          "--defsym=quantir_artifact=" + describe};
}

static std::string platformName(const Triple &triple) {
  return triple.isMacOSX()                   ? "macos"
         : triple.isSimulatorEnvironment()   ? "ios-simulator"
         : triple.isMacCatalystEnvironment() ? "mac-catalyst"
                                             : "ios";
}

static Arguments machoArguments(const Triple &triple,
                                const ArtifactDescription &description,
                                const std::string &run,
                                const std::string &describe) {
  VersionTuple oldest = triple.getOSVersion();
  if (triple.isMacOSX())
    triple.getMacOSXVersion(oldest);
  // Also as the SDK's: of a new one's libraries dyld asks that they name
  // libSystem, which this one does not need.
  std::string version = oldest.getAsString();
  return {"ld64.lld",
          "-dylib",
          "-arch",
          triple.isX86_64() ? "x86_64" : "arm64",
          "-platform_version",
          platformName(triple),
          version,
          version,
          "-install_name",
          "@rpath/" + description.name + ".dylib",
          "-dead_strip",
          "-adhoc_codesign",
          "-S",
          "-x",
          "--threads=1",
          "-alias",
          "_" + run,
          "_quantir_run",
          "-alias",
          "_" + describe,
          "_quantir_artifact"};
}

static Arguments coffArguments(const Triple &triple, const std::string &run,
                               const std::string &describe) {
  return {"lld-link",
          "/dll",
          "/noentry",
          "/nodefaultlib",
          "/noimplib",
          "/brepro",
          "/threads:1",
          triple.isX86_64() ? "/machine:x64" : "/machine:arm64",
          "/export:" + run,
          "/export:quantir_run=" + run,
          "/export:" + describe + ",DATA",
          "/export:quantir_artifact=" + describe + ",DATA"};
}

/// A module of its own: memory behind `__heap_base` is the caller's, who also
/// calls through the table where a run should use more threads.
static Arguments wasmArguments(const std::string &run,
                               const std::string &describe) {
  return {"wasm-ld",
          "--no-entry",
          "--gc-sections",
          "--strip-all",
          "--stack-first",
          "-z",
          "stack-size=262144",
          "--growable-table",
          "--export-table",
          "--export=__heap_base",
          "--threads=1",
          "--export=" + run,
          "--export=" + describe};
}

static Arguments linkArguments(const Triple &triple,
                               const ArtifactDescription &description) {
  std::string run = description.runSymbol(),
              describe = description.descriptionSymbol();
  if (triple.isOSBinFormatMachO())
    return machoArguments(triple, description, run, describe);
  if (triple.isOSBinFormatCOFF())
    return coffArguments(triple, run, describe);
  if (triple.isOSBinFormatWasm())
    return wasmArguments(run, describe);
  return elfArguments(run, describe);
}

/// The linker would stage a file of its own beside its output, which a signal
/// could leave behind, so that it writes to a pipe.
static Expected<std::string> linkToPipe(Arguments arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return createStringError(std::error_code(errno, std::generic_category()),
                             "cannot make a pipe for the linker");
  std::string bytes;
  std::thread reader([&] { bytes = readPipe(ends[0]); });
  arguments.insert(arguments.end(),
                   {"-o", "/dev/fd/" + std::to_string(ends[1])});
  Error error = runLinker(arguments);
  close(ends[1]);
  reader.join();
  close(ends[0]);
  if (error)
    return error;
  return bytes;
}

/// A DLL holds the name of the file that it was linked to, so that it is linked
/// to one of this name, in a folder of its own.
static Expected<std::string> linkToFile(Arguments arguments,
                                        const std::string &name) {
  SmallString<128> folder, path;
  if (std::error_code code = sys::fs::createUniqueDirectory("quantir", folder))
    return createStringError(code, "cannot make a folder for the linker");
  llvm::scope_exit removal([&] { sys::fs::remove_directories(folder); });
  path = folder;
  sys::path::append(path, name);
  arguments.push_back(("/out:" + path).str());
  if (Error error = runLinker(arguments))
    return error;
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(path);
  if (!file)
    return createStringError(file.getError(), "cannot read what was linked");
  return (*file)->getBuffer().str();
}

static Expected<std::string> link(StringRef input,
                                  const ArtifactDescription &description,
                                  const Triple &triple) {
  SmallString<128> path(input);
  if (std::error_code code = sys::fs::make_absolute(path))
    return createStringError(code, "cannot tell the current folder");
  Arguments arguments = linkArguments(triple, description);
  if (!triple.isOSBinFormatCOFF()) {
    arguments.push_back(path.str().str());
    return linkToPipe(std::move(arguments));
  }
  arguments.push_back(("/" + path).str()); // a second slash: it is no option
  return linkToFile(std::move(arguments), description.name + ".dll");
}

Expected<std::string>
quantir::linkSharedLibrary(StringRef object,
                           const ArtifactDescription &description,
                           const TargetSpec &target, StringRef scratchFolder) {
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
  return link(input->getPath(), description, Triple(target.triple));
}
