#include "quantir/Target/TargetSpec.h"

#include "quantir/Target/Levels.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/ARMTargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;
using namespace quantir;

namespace {

/// What tells apart the processors that a triple may mean when it names none.
enum class System { Any, Android, MacOS, IOS };

/// One line for each platform.
struct Platform {
  Triple::ArchType architecture;
  System system;
  StringRef processor; ///< the oldest
  StringRef features;  ///< added to or taken from every processor
  StringRef version;   ///< the oldest of the system, where triples carry it
};

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
static const Platform *platformOf(const Triple &triple) {
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

/// "--flag=value is unknown; the nearest valid value is 'x'".
static Error unknownValue(StringRef flag, StringRef value,
                          ArrayRef<StringRef> valid) {
  StringRef nearest;
  unsigned best = ~0u;
  for (StringRef candidate : valid)
    if (unsigned distance = value.edit_distance(candidate); distance < best) {
      best = distance;
      nearest = candidate;
    }
  return createStringError(
      formatv("{0}={1} is unknown; the nearest valid value is '{2}'", flag,
              value, nearest)
          .str());
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

static Expected<Triple> resolveTriple(StringRef text) {
  Triple triple =
      complete(text.empty() ? StringRef(sys::getProcessTriple()) : text);
  const Platform *platform = platformOf(triple);
  if (!platform)
    return unknownValue("--target", text, triples);
  addVersion(triple, platform->version);
  return triple;
}

/// The features this machine adds to or lacks from its processor's name, in
/// alphabetical order, as far as LLVM knows them.
static std::string hostFeatures(const MCSubtargetInfo &known) {
  StringMap<bool> host = sys::getHostCPUFeatures();
  SubtargetFeatures features;
  for (const SubtargetFeatureKV &feature : known.getAllProcessorFeatures())
    if (auto it = host.find(feature.Key); it != host.end())
      features.AddFeature(it->getKey(), it->getValue());
  return features.getString();
}

static Error checkAttributes(StringRef attributes,
                             const MCSubtargetInfo &known) {
  SmallVector<StringRef> edits, valid;
  for (const SubtargetFeatureKV &feature : known.getAllProcessorFeatures())
    valid.push_back(feature.Key);
  attributes.split(edits, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef edit : edits) {
    if (!SubtargetFeatures::hasFlag(edit))
      return createStringError(
          formatv("--mattr={0} has neither sign; write +{0} or -{0}", edit)
              .str());
    if (!is_contained(valid, edit.drop_front()))
      return unknownValue("--mattr", edit, valid);
  }
  return Error::success();
}

/// The names of ours for processors of an architecture.
static auto levelNamesOf(const Triple &triple) {
  return make_filter_range(
      levelNames(),
      [name = Triple::getArchTypeName(triple.getArch())](const LevelName &row) {
        return row.architecture == name;
      });
}

static Error checkCPU(StringRef cpu, const Triple &triple,
                      const MCSubtargetInfo &known) {
  if (known.isCPUStringValid(cpu))
    return Error::success();
  SmallVector<StringRef> valid{"host"};
  for (const LevelName &row : levelNamesOf(triple))
    valid.push_back(row.name);
  for (const SubtargetSubTypeKV &entry : known.getAllProcessorDescriptions())
    valid.push_back(entry.Key);
  return unknownValue("--mcpu", cpu, valid);
}

/// True for code that this machine runs.
static bool isThisMachine(const Triple &triple) {
  Triple host(sys::getProcessTriple());
  return triple.getArch() == host.getArch() && triple.getOS() == host.getOS() &&
         triple.isAndroid() == host.isAndroid();
}

/// Lists of features, one after the other; one that is there stays alone.
static std::string joinFeatures(StringRef first, StringRef second) {
  second = second.trim(',');
  if (first.empty() || second.empty() || second.starts_with(first))
    return (second.empty() ? first : second).str();
  return (first + "," + second).str();
}

/// Processor and features before `attributes`.
static Error chooseProcessor(TargetSpec &spec, const Triple &triple,
                             StringRef cpu, const MCSubtargetInfo &known) {
  const Platform &platform = *platformOf(triple);
  bool isHost = cpu == "host";
  if (isHost && triple.getArch() != Triple(sys::getProcessTriple()).getArch())
    return createStringError(
        formatv("--mcpu=host is not a processor of --target={0}; name one, "
                "such as '{1}'",
                spec.triple, platform.processor)
            .str());
  if (isHost || (cpu.empty() && isThisMachine(triple))) {
    spec.cpu = sys::getHostCPUName().str();
    spec.features = hostFeatures(known);
    return Error::success();
  }
  spec.cpu = (cpu.empty() ? platform.processor : cpu).str();
  spec.features = platform.features.str();
  for (const LevelName &row : levelNamesOf(triple))
    if (row.name == cpu) {
      spec.cpu = row.cpu.str();
      spec.features = joinFeatures(spec.features, row.features);
      spec.name = row.name.str();
    }
  return checkCPU(spec.cpu, triple, known);
}

Expected<TargetSpec> TargetSpec::resolve(StringRef tripleFlag, StringRef cpu,
                                         StringRef attributes,
                                         unsigned optLevel) {
  if (optLevel > 3)
    return createStringError(
        formatv("-O{0} is unknown; the nearest valid value is '-O3'", optLevel)
            .str());
  Expected<Triple> triple = resolveTriple(tripleFlag);
  if (!triple)
    return triple.takeError();
  initializeOnce(triple->getArch());
  std::string reason;
  const Target *target = TargetRegistry::lookupTarget(*triple, reason);
  if (!target)
    return createStringError(
        formatv("--target={0} cannot be used: {1}", triple->str(), reason)
            .str());
  // The subtarget of no particular processor lists every name there is.
  std::unique_ptr<MCSubtargetInfo> known(
      target->createMCSubtargetInfo(*triple, "", ""));

  TargetSpec spec;
  spec.triple = triple->str();
  spec.optLevel = optLevel;
  if (Error error = chooseProcessor(spec, *triple, cpu, *known))
    return error;
  if (spec.name.empty())
    spec.name = spec.cpu;
  if (Error error = checkAttributes(attributes, *known))
    return error;
  spec.features = joinFeatures(spec.features, attributes);
  spec.subtarget.reset(
      target->createMCSubtargetInfo(*triple, spec.cpu, spec.features));
  // LLVM ends the program when it is asked for 64-bit code there.
  if (triple->isX86_64() && !spec.has("64bit"))
    return createStringError(
        formatv("--mcpu={0} is not a 64-bit processor; the oldest is 'x86-64'",
                spec.cpu)
            .str());
  return spec;
}

bool TargetSpec::has(StringRef feature) const {
  for (const SubtargetFeatureKV &entry : subtarget->getAllProcessorFeatures())
    if (feature == entry.Key)
      return subtarget->getFeatureBits().test(entry.Value);
  return false;
}

Expected<std::unique_ptr<TargetMachine>>
TargetSpec::createTargetMachine() const {
  std::string reason;
  const Target *target = TargetRegistry::lookupTarget(Triple(triple), reason);
  if (!target)
    return createStringError(reason);
  TargetOptions options;
  options.AllowFPOpFusion = FPOpFusion::Strict;
  options.FunctionSections = options.DataSections = true;
  Triple machineTriple(triple);
  // C is the same for all compilers of Windows, but for Microsoft's LLVM asks
  // for a symbol of its library (_fltused), and for MinGW's for another.
  if (machineTriple.isOSWindows())
    machineTriple.setEnvironment(Triple::Itanium);
  // WebAssembly's position-independent code is for a dynamic linker of its own.
  Reloc::Model model = Triple(triple).isWasm() ? Reloc::Static : Reloc::PIC_;
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      machineTriple, cpu, features, options, model,
      /*CM=*/std::nullopt, static_cast<CodeGenOptLevel>(optLevel)));
  if (!machine)
    return createStringError(
        formatv("LLVM makes no code for {0}", triple).str());
  return machine;
}
