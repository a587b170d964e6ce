#include "quantir/Artifact/Header.h"

#include "SmallModel.h"

using namespace llvm;
using namespace quantir;
using quantir::test::SmallModel;

TEST(Header, ListsEveryTensor) {
  SmallModel model("small");
  model.description.inputs.push_back(
      {"codes", QUANTIR_U8, {1, 3, 2}, true, 0.25F, 128});
  std::string text =
      makeHeader(model.description, cantFail(TargetSpec::host()));
  for (const char *line :
       {"input[0]  images  float32 [4, 16]\n",
        "input[1]  codes  uint8 [1, 3, 2], real value = 2.5",
        " * (element - 128)\n", "output[0]  scores  float32 [4, 16]\n",
        "#define small_ARENA_SIZE 256\n", "quantization: w8a8"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST(Header, NamesCannotLeaveTheComment) {
  SmallModel model("small");
  model.description.inputs[0].name = "x*/ int evil; /*\n#error\\";
  std::string text =
      makeHeader(model.description, cantFail(TargetSpec::host()));
  EXPECT_NE(text.find("x_/ int evil_ /___error_"), std::string::npos);
}

TEST(Header, ListsEveryProcessor) {
  SmallModel model("small");
  model.description.levels = {{"better", "", "a", {}}, {"lower", "", "b", {}}};
  EXPECT_NE(makeHeader(model.description, cantFail(TargetSpec::host()))
                .find(", the best that there is of the processors better, "
                      "lower; quantization: w8a8."),
            std::string::npos);
}
