#include "quantir/Artifact/Package.h"

#include "SmallModel.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/FileKind.h"
#include "llvm/Object/Archive.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/TargetParser/Triple.h"

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

TEST(LinkSharedLibrary, ExportsFourSymbolsAndNeedsNothing) {
  ScratchFolder folder;
  for (auto [triple, machine] :
       {std::pair("x86_64-linux-gnu", ELF::EM_X86_64),
        std::pair("aarch64-linux-gnu", ELF::EM_AARCH64)}) {
    SmallModel model("small");
    TargetSpec target = cantFail(TargetSpec::resolve(triple, "", "", 2));
    Expected<std::string> library = linkSharedLibrary(
        compile(model, target), model.description, target, folder / "");
    ASSERT_TRUE(bool(library)) << toString(library.takeError());
    DynamicSymbols symbols(*library);
    EXPECT_EQ(symbols.defined, (Names{"quantir_artifact", "quantir_run",
                                      "small_description", "small_run"}));
    EXPECT_EQ(symbols.undefined, Names());
    EXPECT_EQ(symbols.machine, machine);
  }
}

TEST(LinkSharedLibrary, ReturnsTheLinkersMessage) {
  ScratchFolder folder;
  SmallModel model("small");
  Expected<std::string> library =
      linkSharedLibrary("not an object", model.description,
                        cantFail(TargetSpec::host()), folder / "");
  ASSERT_FALSE(bool(library));
  EXPECT_EQ(
      toString(library.takeError()).find("internal error: the linker failed: "),
      0u);
}

TEST(LinkSharedLibrary, LinksAgainAfterAFailure) {
  ScratchFolder folder;
  SmallModel model("small");
  TargetSpec host = cantFail(TargetSpec::host());
  consumeError(
      linkSharedLibrary("", model.description, host, folder / "").takeError());
  std::string object = compile(model, host);
  EXPECT_EQ(
      cantFail(linkSharedLibrary(object, model.description, host, folder / "")),
      cantFail(
          linkSharedLibrary(object, model.description, host, folder / "")));
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

static TargetSpec target(StringRef triple) {
  return cantFail(TargetSpec::resolve(triple, "", "", 2));
}

static const char *const systems[] = {
    "x86_64-linux-gnu",  "aarch64-linux-gnu",    "aarch64-linux-android",
    "arm64-apple-ios",   "arm64-apple-macos",    "x86_64-apple-macos",
    "riscv64-linux-gnu", "aarch64-windows-msvc", "x86_64-windows-msvc",
    "wasm32-wasi",       "armv7-linux-gnueabihf"};

class OnEverySystem : public testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(Package, OnEverySystem, testing::ValuesIn(systems),
                         [](const auto &info) {
                           std::string name = info.param;
                           llvm::replace(name, '-', '_');
                           return name;
                         });

TEST_P(OnEverySystem, CodeBringsItsMemoryFunctions) {
  SmallModel model("small");
  std::string object = compile(model, target(GetParam()));
  EXPECT_EQ(toString(checkFreestanding(object)), "");
  EXPECT_EQ(toString(checkReentrant(object)), "");
}

TEST_P(OnEverySystem, GlobalStateIsRefused) {
  SmallModel model("small");
  model.parse(R"(
@count = global i32 0
define i32 @small_run(ptr %context) {
  %old = load i32, ptr @count
  %new = add i32 %old, 1
  store i32 %new, ptr @count
  ret i32 %new
})");
  std::string message =
      toString(checkReentrant(compile(model, target(GetParam()))));
  EXPECT_EQ(
      message.find("internal error: the compiled code has writable data "), 0u)
      << message;
}

TEST_P(OnEverySystem, TheChosenLevelIsNoSuchState) {
  TargetSpec system = target(GetParam());
  if (Triple(system.triple).isWasm())
    GTEST_SKIP() << "it has no levels";
  SmallModel model("small");
  model.parse(R"(
@quantir_chosen_level = hidden global i32 0, align 4
define i32 @small_run(ptr %context) {
  store i32 1, ptr @quantir_chosen_level
  ret i32 0
})");
  EXPECT_EQ(toString(checkReentrant(compile(model, system))), "");
}

TEST_P(OnEverySystem, LibrariesAreTheSameTwice) {
  ScratchFolder folder;
  SmallModel model("small");
  TargetSpec system = target(GetParam());
  std::string object = compile(model, system);
  auto link = [&] {
    return cantFail(
        linkSharedLibrary(object, model.description, system, folder / ""));
  };
  EXPECT_EQ(link(), link());
  EXPECT_EQ(folder.files(), Names());
}

TEST_P(OnEverySystem, StaticLibraryHoldsTheObject) {
  SmallModel model("small");
  TargetSpec system = target(GetParam());
  std::string object = compile(model, system);
  std::string bytes =
      cantFail(makeStaticLibrary(object, model.description, system));
  auto archive =
      cantFail(object::Archive::create(MemoryBufferRef(bytes, "small.a")));
  Error error = Error::success();
  Names members;
  for (const object::Archive::Child &child : archive->children(error)) {
    members.push_back(cantFail(child.getName()).str());
    EXPECT_EQ(cantFail(child.getBuffer()).substr(0, object.size()), object);
  }
  EXPECT_EQ(toString(std::move(error)), "");
  bool isWindows = Triple(system.triple).isOSWindows();
  EXPECT_EQ(members, Names{isWindows ? "small.obj" : "small.o"});
  EXPECT_TRUE(archive->hasSymbolTable());
}

TEST(FileKind, EndingsAreThoseOfTheSystem) {
  auto kind = [](StringRef path, StringRef triple) {
    return cantFail(fileKind(path, target(triple)));
  };
  EXPECT_EQ(kind("a.so", "x86_64-linux-android"), FileKind::SharedLibrary);
  EXPECT_EQ(kind("a.dylib", "arm64-apple-ios"), FileKind::SharedLibrary);
  EXPECT_EQ(kind("a.dll", "aarch64-windows"), FileKind::SharedLibrary);
  EXPECT_EQ(kind("a.wasm", "wasm32"), FileKind::SharedLibrary);
  EXPECT_EQ(kind("a.lib", "x86_64-windows"), FileKind::StaticLibrary);
  EXPECT_EQ(kind("a.obj", "x86_64-windows"), FileKind::Object);
  EXPECT_EQ(toString(fileKind("a.so", target("arm64-apple-ios")).takeError()),
            "arm64-apple-ios16.0 has no files like 'a.so'; give it one of the "
            "endings .dylib, .o, .a, .s, .ll");
  EXPECT_EQ(toString(fileKind("a", target("wasm32-wasi")).takeError()),
            "cannot tell what 'a' should be; give it one of the endings .wasm, "
            ".o, .a, .s, .ll");
}
