#include "quantir/Artifact/Package.h"

#include "SmallModel.h"
#include "quantir/Artifact/Codegen.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;
using namespace quantir;
using quantir::test::ScratchFolder;
using quantir::test::SmallModel;

static std::string compile(SmallModel &model, const TargetSpec &target) {
  cantFail(addDescription(*model.module, model.description, target));
  cantFail(optimizeModule(*model.module, target));
  return cantFail(emitObject(*model.module, target));
}

using Names = std::vector<std::string>;

struct DynamicSymbols {
  explicit DynamicSymbols(StringRef library) {
    auto file = cantFail(
        object::ObjectFile::createELFObjectFile(MemoryBufferRef(library, "")));
    machine = cast<object::ELFObjectFileBase>(*file).getEMachine();
    for (const object::ELFSymbolRef &symbol :
         cast<object::ELFObjectFileBase>(*file).getDynamicSymbolIterators()) {
      StringRef name = cantFail(symbol.getName());
      bool isUndefined =
          cantFail(symbol.getFlags()) & object::SymbolRef::SF_Undefined;
      if (!name.empty())
        (isUndefined ? undefined : defined).push_back(name.str());
    }
    llvm::sort(defined);
  }
  Names defined, undefined;
  uint16_t machine;
};

TEST(LinkSharedLibrary, ExportsFourSymbolsAndNeedsMemcpy) {
  ScratchFolder folder;
  for (auto [triple, machine] :
       {std::pair("x86_64-linux-gnu", ELF::EM_X86_64),
        std::pair("aarch64-linux-gnu", ELF::EM_AARCH64)}) {
    SmallModel model("small");
    TargetSpec target = cantFail(TargetSpec::resolve(triple, "", "", 2));
    Expected<std::string> library = linkSharedLibrary(
        compile(model, target), model.description, folder / "");
    ASSERT_TRUE(bool(library)) << toString(library.takeError());
    DynamicSymbols symbols(*library);
    EXPECT_EQ(symbols.defined, (Names{"quantir_artifact", "quantir_run",
                                      "small_description", "small_run"}));
    EXPECT_EQ(symbols.undefined, Names{"memcpy"});
    EXPECT_EQ(symbols.machine, machine);
  }
}

TEST(LinkSharedLibrary, ReturnsTheLinkersMessage) {
  ScratchFolder folder;
  SmallModel model("small");
  Expected<std::string> library =
      linkSharedLibrary("not an object", model.description, folder / "");
  ASSERT_FALSE(bool(library));
  EXPECT_EQ(
      toString(library.takeError()).find("internal error: the linker failed: "),
      0u);
}

TEST(LinkSharedLibrary, LinksAgainAfterAFailure) {
  ScratchFolder folder;
  SmallModel model("small");
  consumeError(
      linkSharedLibrary("", model.description, folder / "").takeError());
  std::string object = compile(model, cantFail(TargetSpec::host()));
  EXPECT_EQ(
      cantFail(linkSharedLibrary(object, model.description, folder / "")),
      cantFail(linkSharedLibrary(object, model.description, folder / "")));
}

TEST(CheckFreestanding, NamesWhatIsMissing) {
  SmallModel model("small");
  model.parse(R"(
declare ptr @malloc(i64)
define ptr @small_run(ptr %context) {
  %memory = call ptr @malloc(i64 8)
  ret ptr %memory
})");
  EXPECT_EQ(
      toString(checkFreestanding(compile(model, cantFail(TargetSpec::host())))),
      "internal error: the compiled code needs 'malloc', which it may "
      "not expect of a program");
}

TEST(CheckFreestanding, AllowsMemoryFunctions) {
  SmallModel model("small");
  EXPECT_EQ(
      toString(checkFreestanding(compile(model, cantFail(TargetSpec::host())))),
      "");
}

TEST(CheckReentrant, RefusesGlobalState) {
  SmallModel model("small");
  model.parse(R"(
@count = global i32 0
define i32 @small_run(ptr %context) {
  %old = load i32, ptr @count
  %new = add i32 %old, 1
  store i32 %new, ptr @count
  ret i32 %new
})");
  EXPECT_EQ(
      toString(checkReentrant(compile(model, cantFail(TargetSpec::host())))),
      "internal error: the compiled code has writable data (.bss.count), "
      "which two runs would share");
}

TEST(CheckReentrant, AllowsTheDescription) {
  SmallModel model("small");
  EXPECT_EQ(
      toString(checkReentrant(compile(model, cantFail(TargetSpec::host())))),
      "");
}

TEST(MakeStaticLibrary, HoldsTheObject) {
  SmallModel model("small");
  std::string object = compile(model, cantFail(TargetSpec::host()));
  std::string bytes = cantFail(makeStaticLibrary(object, model.description));
  auto archive =
      cantFail(object::Archive::create(MemoryBufferRef(bytes, "small.a")));
  Error error = Error::success();
  Names members;
  for (const object::Archive::Child &child : archive->children(error)) {
    members.push_back(cantFail(child.getName()).str());
    EXPECT_EQ(cantFail(child.getBuffer()), object);
  }
  EXPECT_EQ(toString(std::move(error)), "");
  EXPECT_EQ(members, Names{"small.o"});
  EXPECT_TRUE(archive->hasSymbolTable());
}
