#include "quantir/Target/TargetSpec.h"

#include "Platform.h"
#include "UnknownValue.h"
#include "quantir/Target/Levels.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

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
  const Platform &platform = platformOf(triple);
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
  if (spec.has("amx-tile") && !triple->isOSLinux()) {
    if (cpu == "amx" || attributes.contains("+amx"))
      return createStringError(
          formatv("--target={0} has no AMX: only Linux gives programs its "
                  "registers; name another processor, such as 'avx512vnni'",
                  spec.triple)
              .str());
    spec.features = joinFeatures(spec.features, "-amx-tile");
    spec.subtarget.reset(
        target->createMCSubtargetInfo(*triple, spec.cpu, spec.features));
  }
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
