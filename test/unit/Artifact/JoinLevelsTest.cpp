#include "quantir/Artifact/JoinLevels.h"

#include "SmallModel.h"
#include "quantir/Artifact/WriteArtifact.h"
#include "quantir/Runtime/Runtime.h"
#include "quantir/Target/Levels.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"

using namespace llvm;
using namespace quantir;
using quantir::test::ScratchFolder;
using quantir::test::SmallModel;

/// The same module again, in the same context.
static std::unique_ptr<Module> copy(SmallModel &model) {
  SmallString<0> bytes;
  raw_svector_ostream stream(bytes);
  WriteBitcodeToFile(*model.module, stream);
  return cantFail(
      parseBitcodeFile(MemoryBufferRef(bytes, "copy"), model.context));
}

static std::unique_ptr<Module> join(SmallModel &model, StringRef triple,
                                    StringRef cpus) {
  std::vector<LevelCode> levels;
  for (const TargetSpec &target : cantFail(resolveLevels(triple, cpus, "", 2)))
    levels.push_back({copy(model), target, {{"scale", "a node", 1, 2}}});
  return cantFail(joinLevels(std::move(levels), model.description));
}

TEST(JoinLevels, SharesConstantsAndKeepsProcessorsApart) {
  SmallModel model("small");
  std::unique_ptr<Module> joined =
      join(model, "x86_64-linux-gnu", "x86-64-v3,x86-64-v2,avx512vnni");
  std::map<std::string, std::string> processors;
  for (const Function &function : *joined)
    if (!function.isDeclaration())
      processors[function.getName().str()] =
          function.getFnAttribute("target-cpu").getValueAsString().str();
  EXPECT_EQ(processors.at("scale_row.x86-64-v2"), "x86-64-v2");
  EXPECT_EQ(processors.at("scale_row.x86-64-v3"), "x86-64-v3");
  EXPECT_EQ(processors.at("small_run.avx512vnni"), "x86-64-v4");
  EXPECT_EQ(processors.at("small_run"), "x86-64");
  for (const GlobalVariable &global : joined->globals())
    EXPECT_FALSE(global.getName().starts_with("weight."));
  std::vector<std::string> visible;
  for (const GlobalValue &value : joined->global_values())
    if (!value.isDeclaration() && !value.hasLocalLinkage())
      visible.push_back(value.getName().str());
  llvm::sort(visible);
  EXPECT_EQ(visible,
            (std::vector<std::string>{"small_description", "small_run"}));
  ASSERT_EQ(model.description.levels.size(), 3u);
  EXPECT_EQ(model.description.levels[0].cpu, "avx512vnni");
}

TEST(JoinLevels, OneLevelHasNothingToChoose) {
  SmallModel model("small");
  std::unique_ptr<Module> joined = join(model, "x86_64-linux-gnu", "x86-64-v3");
  EXPECT_FALSE(joined->getNamedValue("quantir_chosen_level"));
  EXPECT_TRUE(model.description.levels.empty());
}

TEST(JoinLevels, EveryLevelRunsHere) {
#if defined(__x86_64__)
  const char *cpus = "x86-64,x86-64-v2,host";
#else
  const char *cpus = "generic,host";
#endif
  SmallModel model("small");
  TargetSpec host = cantFail(TargetSpec::host());
  ScratchFolder folder;
  std::string path = folder / "small.so";
  ASSERT_EQ(toString(writeOptimized(*join(model, "", cpus), model.description,
                                    host, path)),
            "");
  for (const LevelDescription &level : model.description.levels) {
    quantir_error error = {};
    quantir_model *loaded =
        quantir_load_level(path.c_str(), level.cpu.c_str(), &error);
    ASSERT_TRUE(loaded) << error.message;
    const quantir_description *d = quantir_model_description(loaded);
    EXPECT_EQ(d->target_cpu, level.cpu);
    ASSERT_EQ(d->num_steps, 1u);
    EXPECT_STREQ(d->step_texts + d->steps->nodes, "a node");
    std::vector<float> x(64, 1.5F), y(64);
    const void *input = x.data();
    void *output = y.data();
    size_t bytes = 256;
    EXPECT_EQ(quantir_model_run(loaded, &input, &bytes, 1, &output, &bytes, 1,
                                nullptr, &error),
              0);
    EXPECT_EQ(y, std::vector<float>(64, 3.0F));
    quantir_unload(loaded);
  }
}
