#include "quantir/Target/TargetSpec.h"

#include "quantir/Target/Levels.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using namespace llvm;
using namespace quantir;

static void initializeTargetsOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
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

static Expected<Triple> resolveTriple(StringRef triple) {
  if (triple.empty())
    return Triple(Triple::normalize(sys::getProcessTriple()));
  Triple result(Triple::normalize(triple));
  bool known = result.isX86_64() || result.getArch() == Triple::aarch64;
  if (known && result.isOSBinFormatELF())
    return result;
  return unknownValue(
      "--target", triple,
      {"x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"});
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

Expected<TargetSpec> TargetSpec::resolve(StringRef tripleFlag, StringRef cpu,
                                         StringRef attributes,
                                         unsigned optLevel) {
  initializeTargetsOnce();
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
  bool isNative =
      triple->getArch() == Triple(sys::getProcessTriple()).getArch();
  if (cpu == "host" && !isNative)
    return createStringError(
        formatv("--mcpu=host is not a processor of --target={0}; name one, "
                "such as '{1}'",
                spec.triple, triple->isX86_64() ? "x86-64-v3" : "cortex-a76")
            .str());
  if (isNative && (cpu.empty() || cpu == "host")) {
    spec.cpu = sys::getHostCPUName().str();
    spec.features = hostFeatures(*known);
  } else {
    spec.cpu = !cpu.empty()         ? cpu.str()
               : triple->isX86_64() ? "x86-64"
                                    : "generic";
  }
  for (const LevelName &row : levelNamesOf(*triple))
    if (row.name == cpu) {
      spec.cpu = row.cpu.str();
      spec.features = row.features.str();
      spec.name = row.name.str();
    }
  if (Error error = checkCPU(spec.cpu, *triple, *known))
    return error;
  if (spec.name.empty())
    spec.name = spec.cpu;
  if (Error error = checkAttributes(attributes, *known))
    return error;
  if (!attributes.empty())
    spec.features +=
        (spec.features.empty() ? "" : ",") + attributes.trim(',').str();
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
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      Triple(triple), cpu, features, options, Reloc::PIC_,
      /*CM=*/std::nullopt, static_cast<CodeGenOptLevel>(optLevel)));
  if (!machine)
    return createStringError(
        formatv("LLVM makes no code for {0}", triple).str());
  return machine;
}
