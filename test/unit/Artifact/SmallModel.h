#ifndef QUANTIR_TEST_UNIT_ARTIFACT_SMALLMODEL_H
#define QUANTIR_TEST_UNIT_ARTIFACT_SMALLMODEL_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"
#include <memory>
#include <string>

namespace quantir::test {

/// A model as the lowering would hand it over: y = factor * x for 64 numbers,
/// through the arena, with a weight, a copy and a name that must not show.
struct SmallModel {
  explicit SmallModel(const std::string &name, float factor = 2) {
    description.name = name;
    description.inputs = {{"images", QUANTIR_F32, {4, 16}, false, 1, 0}};
    description.outputs = {{"scores", QUANTIR_F32, {4, 16}, false, 1, 0}};
    description.arenaSize = 256;
    description.weightsSize = 4;
    description.weightsHash = "00ff";
    description.constantsSymbol = "weight";
    description.quantization = "w8a8";
    parse(llvm::formatv(R"(
@weight = constant float {1:F6}, align 64
define void @scale_row(ptr %context, i32 %row) {{
  %inputs = load ptr, ptr %context
  %x = load ptr, ptr %inputs
  %arena.slot = getelementptr i8, ptr %context, i64 16
  %arena = load ptr, ptr %arena.slot
  %first = mul i32 %row, 16
  %from = getelementptr float, ptr %x, i32 %first
  %to = getelementptr float, ptr %arena, i32 %first
  %row.values = load <16 x float>, ptr %from, align 4
  %factor = load float, ptr @weight
  %one = insertelement <16 x float> poison, float %factor, i32 0
  %all = shufflevector <16 x float> %one, <16 x float> poison, <16 x i32> zeroinitializer
  %scaled = fmul <16 x float> %row.values, %all
  store <16 x float> %scaled, ptr %to, align 4
  ret void
}
define i32 @{0}_run(ptr %context) {{
entry:
  %loop.slot = getelementptr i8, ptr %context, i64 32
  %loop = load ptr, ptr %loop.slot
  %inline = icmp eq ptr %loop, null
  br i1 %inline, label %rows, label %parallel
parallel:
  %pool.slot = getelementptr i8, ptr %context, i64 40
  %pool = load ptr, ptr %pool.slot
  call void %loop(ptr %pool, i32 4, ptr @scale_row, ptr %context)
  br label %copy
rows:
  %row = phi i32 [0, %entry], [%next, %rows]
  call void @scale_row(ptr %context, i32 %row)
  %next = add i32 %row, 1
  %more = icmp ult i32 %next, 4
  br i1 %more, label %rows, label %copy
copy:
  %arena.slot = getelementptr i8, ptr %context, i64 16
  %arena = load ptr, ptr %arena.slot
  %outputs.slot = getelementptr i8, ptr %context, i64 8
  %outputs = load ptr, ptr %outputs.slot
  %y = load ptr, ptr %outputs
  call void @llvm.memcpy.p0.p0.i64(ptr %y, ptr %arena, i64 256, i1 false)
  ret i32 0
}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
)",
                        name, factor)
              .str());
  }

  /// Replaces the code.
  void parse(const std::string &text) {
    llvm::SMDiagnostic diagnostic;
    module = llvm::parseAssemblyString(text, diagnostic, context);
    EXPECT_TRUE(module) << diagnostic.getMessage().str();
  }

  ArtifactDescription description;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> module;
};

/// A folder that goes away with everything in it.
class ScratchFolder {
public:
  ScratchFolder() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("quantir", path));
  }
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  ~ScratchFolder() { llvm::sys::fs::remove_directories(path); }

  std::string operator/(const std::string &name) const {
    return (path + "/" + name).str();
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(path, code), end;
         !code && it != end; it.increment(code))
      names.push_back(llvm::sys::path::filename(it->path()).str());
    llvm::sort(names);
    return names;
  }

private:
  llvm::SmallString<128> path;
};

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_ARTIFACT_SMALLMODEL_H
