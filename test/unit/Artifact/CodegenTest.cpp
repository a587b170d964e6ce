#include "quantir/Artifact/Codegen.h"

#include "SmallModel.h"

using namespace llvm;
using namespace quantir;
using quantir::test::SmallModel;

TEST(CIdentifier, KeepsWhatIsOneAlready) {
  EXPECT_EQ(cIdentifier("mobilenet_v1"), "mobilenet_v1");
}

TEST(CIdentifier, MakesEveryOtherNameOne) {
  EXPECT_EQ(cIdentifier("a-b.c d"), "a_b_c_d");
  EXPECT_EQ(cIdentifier("2nd"), "model_2nd");
  EXPECT_EQ(cIdentifier(""), "model_");
  EXPECT_EQ(cIdentifier("_x"), "model__x");
  EXPECT_EQ(cIdentifier("quantir"), "model_quantir");
  EXPECT_EQ(cIdentifier("\xc3\xa9t\xc3\xa9"), "model___t__");
}

TEST(AddDescription, LeavesTwoVisibleSymbols) {
  SmallModel model("small");
  TargetSpec target = cantFail(TargetSpec::host());
  ASSERT_EQ(toString(addDescription(*model.module, model.description, target)),
            "");
  std::vector<std::string> visible;
  for (const GlobalValue &value : model.module->global_values())
    if (!value.isDeclaration() && !value.hasLocalLinkage())
      visible.push_back(value.getName().str());
  EXPECT_EQ(visible,
            (std::vector<std::string>{"small_run", "small_description"}));
}

TEST(AddDescription, RefusesAModuleWithoutItsFunction) {
  SmallModel model("small");
  model.description.name = "other";
  EXPECT_EQ(toString(addDescription(*model.module, model.description,
                                    cantFail(TargetSpec::host()))),
            "internal error: the module does not define 'other_run'");
}

TEST(OptimizeModule, RefusesBrokenCode) {
  SmallModel model("small");
  Function *run = model.module->getFunction("small_run");
  run->back().back().eraseFromParent();
  EXPECT_EQ(
      toString(optimizeModule(*model.module, cantFail(TargetSpec::host())))
          .find("internal error: the LLVM module is not valid"),
      0u);
}

TEST(OptimizeModule, UsesTheTargetsFeatures) {
  for (auto [processor, registerName] :
       {std::pair("x86-64", "xmm"), std::pair("haswell", "ymm"),
        std::pair("znver4", "zmm")}) {
    SmallModel model("small");
    TargetSpec target =
        cantFail(TargetSpec::resolve("x86_64-linux-gnu", processor, "", 2));
    ASSERT_EQ(toString(optimizeModule(*model.module, target)), "");
    std::string assembly = cantFail(emitAssembly(*model.module, target));
    EXPECT_NE(assembly.find(registerName), std::string::npos) << processor;
  }
}

TEST(EmitAssembly, WorksForBothArchitecturesAtEveryLevel) {
  for (const char *triple : {"x86_64-linux-gnu", "aarch64-linux-gnu"})
    for (unsigned level : {0, 1, 2, 3}) {
      SmallModel model("small");
      TargetSpec target = cantFail(TargetSpec::resolve(triple, "", "", level));
      ASSERT_EQ(toString(optimizeModule(*model.module, target)), "");
      std::string assembly = cantFail(emitAssembly(*model.module, target));
      EXPECT_NE(assembly.find("small_run:"), std::string::npos);
    }
}

TEST(OptimizeModule, NeverContractsWhatTheProgramKeepsApart) {
  SmallModel model("small");
  model.parse(R"(
define float @small_run(float %a, float %b, float %c) {
  %product = fmul float %a, %b
  %sum = fadd float %product, %c
  ret float %sum
})");
  TargetSpec target =
      cantFail(TargetSpec::resolve("x86_64-linux-gnu", "znver4", "", 3));
  ASSERT_EQ(toString(optimizeModule(*model.module, target)), "");
  std::string assembly = cantFail(emitAssembly(*model.module, target));
  EXPECT_NE(assembly.find("vmulss"), std::string::npos);
  EXPECT_EQ(assembly.find("vfmadd"), std::string::npos);
}
