#include "quantir/Artifact/Package.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Object/COFF.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Object/MachO.h"
#include "llvm/Object/Wasm.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

/// Names of the linkers' own.
static bool isOfTheLinker(StringRef symbol) {
  return StringSwitch<bool>(symbol)
      .Cases({"_GLOBAL_OFFSET_TABLE_", "__linear_memory", "__stack_pointer",
              "__indirect_function_table"},
             true)
      .Default(false);
}

Error quantir::checkFreestanding(StringRef object,
                                 ArrayRef<StringRef> alsoThere) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createObjectFile(MemoryBufferRef(object, "model"));
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
        !isOfTheLinker(*name) && !is_contained(alsoThere, *name))
      return createStringError(
          formatv("internal error: the compiled code needs '{0}', which it may "
                  "not expect of a program",
                  *name)
              .str());
  }
  return Error::success();
}

/// Constants with addresses in them are written only when they are loaded.
static bool isConstant(StringRef name) {
  return name.starts_with(".rodata") || name.starts_with(".data.rel.ro") ||
         name == "__const";
}

/// The number of the level that runs is the same whoever writes it.
static bool isChosenLevel(const object::ObjectFile &file,
                          const object::SectionRef &section) {
  return section.getSize() == sizeof(uint32_t) &&
         any_of(file.symbols(), [&](const object::SymbolRef &symbol) {
           auto place = expectedToOptional(symbol.getSection());
           auto name = expectedToOptional(symbol.getName());
           return place && *place != file.section_end() && **place == section &&
                  name && name->ends_with("quantir_chosen_level");
         });
}

/// A section with data that the program may write.
static bool isWritable(const object::ObjectFile &file,
                       const object::SectionRef &section, StringRef name) {
  if (section.getSize() == 0 || isConstant(name))
    return false;
  if (isa<object::ELFObjectFileBase>(file))
    return object::ELFSectionRef(section).getFlags() & ELF::SHF_WRITE;
  if (auto *coff = dyn_cast<object::COFFObjectFile>(&file))
    return coff->getCOFFSection(section)->Characteristics &
           COFF::IMAGE_SCN_MEM_WRITE;
  if (auto *macho = dyn_cast<object::MachOObjectFile>(&file))
    return macho->getSectionFinalSegmentName(section.getRawDataRefImpl()) ==
           "__DATA";
  return false; // WebAssembly's data has segments instead
}

/// The name of data that two runs would share; empty when there is none.
static Expected<std::string> writableData(const object::ObjectFile &file) {
  for (const object::SectionRef &section : file.sections()) {
    Expected<StringRef> name = section.getName();
    if (!name)
      return name.takeError();
    if (isWritable(file, section, *name) && !isChosenLevel(file, section))
      return name->str();
  }
  if (auto *wasm = dyn_cast<object::WasmObjectFile>(&file))
    for (const object::WasmSegment &segment : wasm->dataSegments())
      if (!isConstant(segment.Data.Name))
        return segment.Data.Name.str();
  return "";
}

Error quantir::checkReentrant(StringRef object) {
  Expected<std::unique_ptr<object::ObjectFile>> file =
      object::ObjectFile::createObjectFile(MemoryBufferRef(object, "model"));
  if (!file)
    return file.takeError();
  Expected<std::string> name = writableData(**file);
  if (!name)
    return name.takeError();
  if (name->empty())
    return Error::success();
  return createStringError(
      formatv("internal error: the compiled code has writable data ({0}), "
              "which two runs would share",
              *name)
          .str());
}

static object::Archive::Kind archiveKind(const Triple &triple) {
  if (triple.isOSBinFormatMachO())
    return object::Archive::K_DARWIN;
  return triple.isOSBinFormatCOFF() ? object::Archive::K_COFF
                                    : object::Archive::K_GNU;
}

Expected<std::string>
quantir::makeStaticLibrary(StringRef object,
                           const ArtifactDescription &description,
                           const TargetSpec &target) {
  Triple triple(target.triple);
  std::string memberName =
      description.name + (triple.isOSBinFormatCOFF() ? ".obj" : ".o");
  NewArchiveMember member(MemoryBufferRef(object, memberName));
  std::vector<NewArchiveMember> members;
  members.push_back(std::move(member));
  Expected<std::unique_ptr<MemoryBuffer>> archive = writeArchiveToBuffer(
      members, SymtabWritingMode::NormalSymtab, archiveKind(triple),
      /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  return (*archive)->getBuffer().str();
}
