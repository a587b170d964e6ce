#include "Platform.h"

#include "UnknownValue.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/ARMTargetParser.h"
#include "llvm/TargetParser/Host.h"
#include <mutex>

using namespace llvm;
using namespace quantir;

namespace {

using Initializer = void (*)();

/// The parts of LLVM that make code for an architecture.
struct Backend {
  Triple::ArchType architecture;
  Initializer parts[5];
};

} // namespace

#define QUANTIR_BACKEND(architecture, name)                                    \
  {                                                                            \
    Triple::architecture, {                                                    \
      LLVMInitialize##name##TargetInfo, LLVMInitialize##name##Target,          \
          LLVMInitialize##name##TargetMC, LLVMInitialize##name##AsmPrinter,    \
          LLVMInitialize##name##AsmParser                                      \
    }                                                                          \
  }
static const Backend backends[] = {
    QUANTIR_BACKEND(x86_64, X86), QUANTIR_BACKEND(aarch64, AArch64),
    QUANTIR_BACKEND(riscv64, RISCV), QUANTIR_BACKEND(arm, ARM),
    QUANTIR_BACKEND(wasm32, WebAssembly)};
#undef QUANTIR_BACKEND

/// The first line that fits a triple is its platform. Vectors of ARMv7's NEON
/// flush subnormal numbers, which would change results: its floats stay in VFP,
/// which is complete from version 4 on.
static constexpr Platform platforms[] = {
    {Triple::x86_64, System::MacOS, "penryn", "", "10.13"},
    {Triple::x86_64, System::Android, "x86-64-v2", "", "24"},
    {Triple::x86_64, System::Any, "x86-64", "", ""},
    {Triple::aarch64, System::MacOS, "apple-m1", "", "11.0"},
    {Triple::aarch64, System::IOS, "apple-a11", "", "16.0"},
    {Triple::aarch64, System::Android, "generic", "", "24"},
    {Triple::aarch64, System::Any, "generic", "", ""},
    {Triple::riscv64, System::Any, "generic-rv64", "+m,+a,+f,+d,+c", ""},
    {Triple::arm, System::Android, "cortex-a7", "-neon", "24"},
    {Triple::arm, System::Any, "cortex-a7", "-neon", ""},
    {Triple::wasm32, System::Any, "generic", "", ""},
};

/// What messages suggest: every platform as one would write it.
static constexpr StringRef triples[] = {
    "x86_64-linux-gnu",         "x86_64-linux-android",
    "x86_64-apple-macos",       "x86_64-windows-msvc",
    "aarch64-linux-gnu",        "aarch64-linux-android",
    "arm64-apple-ios",          "arm64-apple-macos",
    "aarch64-windows-msvc",     "riscv64-linux-gnu",
    "armv7-linux-gnueabihf",    "wasm32-wasi",
    "armv7a-linux-androideabi", "wasm32-unknown-unknown"};

static void initializeOnce(Triple::ArchType architecture) {
  static std::once_flag done[std::size(backends)];
  for (auto [backend, flag] : zip(backends, done))
    if (backend.architecture == architecture)
      std::call_once(flag, [&parts = backend.parts] {
        for (Initializer part : parts)
          part();
      });
}

static System systemOf(const Triple &triple) {
  return triple.isAndroid()  ? System::Android
         : triple.isMacOSX() ? System::MacOS
         : triple.isiOS()    ? System::IOS
                             : System::Any;
}

/// Null where there is no code for the triple.
static const Platform *findPlatform(const Triple &triple) {
  bool isKnown = triple.isOSBinFormatELF() || triple.isOSBinFormatWasm();
  if (triple.isOSWindows() || triple.isOSDarwin())
    isKnown = (triple.isX86_64() || triple.isAArch64()) &&
              (triple.isOSWindows() ? triple.isOSBinFormatCOFF()
                                    : triple.isMacOSX() || triple.isiOS()) &&
              !triple.isTvOS();
  if (triple.isARM())
    isKnown &= ARM::parseArchVersion(triple.getArchName()) >= 7;
  if (!isKnown || triple.isX32())
    return nullptr;
  System system = systemOf(triple);
  for (const Platform &platform : platforms)
    if (platform.architecture == triple.getArch() &&
        (platform.system == system || platform.system == System::Any))
      return &platform;
  return nullptr;
}

/// What clang understands too: systems without vendor, Android and WebAssembly
/// alone.
static Triple complete(StringRef text) {
  Triple triple(Triple::normalize(text));
  if (triple.isAndroid() && triple.getOS() == Triple::UnknownOS)
    triple.setOS(Triple::Linux);
  if (triple.isOSDarwin())
    triple.setVendor(Triple::Apple);
  if (triple.isWasm() && triple.getOSName().empty())
    triple.setTriple(triple.getArchName() + "-unknown-unknown");
  return triple;
}

/// Code runs on the system's oldest version unless the triple has one.
static void addVersion(Triple &triple, StringRef oldest) {
  if (oldest.empty())
    return;
  if (triple.isAndroid() && triple.getEnvironmentVersion().empty())
    triple.setEnvironmentName((triple.getEnvironmentName() + oldest).str());
  else if (triple.isOSDarwin() && triple.getOSVersion().empty())
    triple.setOSName((triple.getOSName() + oldest).str());
}

Expected<Triple> quantir::resolveTriple(StringRef text) {
  Triple triple =
      complete(text.empty() ? StringRef(sys::getProcessTriple()) : text);
  const Platform *platform = findPlatform(triple);
  if (!platform)
    return unknownValue("--target", text, triples);
  addVersion(triple, platform->version);
  initializeOnce(triple.getArch());
  return triple;
}

const Platform &quantir::platformOf(const Triple &triple) {
  return *findPlatform(triple);
}
