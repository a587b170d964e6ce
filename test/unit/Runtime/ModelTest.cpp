#include "quantir/Runtime/Runtime.h"

#include "gtest/gtest.h"
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Model = std::unique_ptr<quantir_model, decltype(&quantir_unload)>;

std::string modelPath(const std::string &flaw) {
  return MODEL_FOLDER "/hand_written_" + flaw + ".so";
}

std::string errorOfLoading(const std::string &path) {
  quantir_error error = {};
  Model model(quantir_load(path.c_str(), &error), quantir_unload);
  return model ? "no error" : error.message;
}

/// The only model that loads, and buffers for it.
class HandWritten : public testing::Test {
protected:
  HandWritten()
      : model(quantir_load(modelPath("NONE").c_str(), &error), quantir_unload),
        x(1024), y(1024) {
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<float>(i) - 500;
  }

  int run(size_t inputBytes, uint32_t numInputs, quantir_pool *pool = nullptr) {
    const void *input = x.data();
    void *output = y.data();
    size_t outputBytes = y.size() * sizeof(float);
    return quantir_model_run(model.get(), &input, &inputBytes, numInputs,
                             &output, &outputBytes, 1, pool, &error);
  }

  quantir_error error = {};
  Model model;
  std::vector<float> x, y;
};

} // namespace

TEST_F(HandWritten, RunsOnOneThreadAndOnSeveral) {
  ASSERT_TRUE(model) << error.message;
  EXPECT_STREQ(quantir_model_description(model.get())->name, "twice");
  for (int32_t threads : {0, 1, 3}) {
    y.assign(y.size(), 0);
    quantir_pool *pool = quantir_pool_create(threads);
    EXPECT_EQ(run(4096, 1, pool), 0) << error.message;
    quantir_pool_destroy(pool);
    for (size_t i = 0; i < y.size(); ++i)
      ASSERT_EQ(y[i], 2 * x[i]);
  }
}

TEST_F(HandWritten, MayRunInSeveralThreadsAtOnce) {
  auto runMany = [&] {
    std::vector<float> mine(1024);
    const void *input = x.data();
    void *output = mine.data();
    size_t bytes = 4096;
    for (int repeat = 0; repeat < 500; ++repeat)
      ASSERT_EQ(quantir_model_run(model.get(), &input, &bytes, 1, &output,
                                  &bytes, 1, nullptr, nullptr),
                0);
    for (size_t i = 0; i < mine.size(); ++i)
      ASSERT_EQ(mine[i], 2 * x[i]);
  };
  std::thread other(runMany);
  runMany();
  other.join();
}

TEST_F(HandWritten, RefusesAShortBuffer) {
  EXPECT_EQ(run(4092, 1), -1);
  EXPECT_STREQ(error.message, "input 'x' has 4096 bytes, but 4092 were given");
}

TEST_F(HandWritten, RefusesAMissingInput) {
  EXPECT_EQ(run(4096, 0), -1);
  EXPECT_STREQ(error.message, "the model has 1 inputs, but 0 were given");
}

TEST(Load, TakesAModelThatIsThereAlready) {
  Model loaded(quantir_load(modelPath("NONE").c_str(), nullptr),
               quantir_unload);
  ASSERT_TRUE(loaded);
  quantir_description description = *quantir_model_description(loaded.get());
  auto run = [](const quantir_context *context) {
    static_cast<float *>(context->outputs[0])[1023] = 5;
    return 0;
  };
  quantir_error error = {};
  Model model(quantir_adopt(&description, run, &error), quantir_unload);
  ASSERT_TRUE(model) << error.message;
  std::vector<float> x(1024), y(1024);
  const void *input = x.data();
  void *output = y.data();
  size_t bytes = 4096;
  EXPECT_EQ(quantir_model_run(model.get(), &input, &bytes, 1, &output, &bytes,
                              1, nullptr, nullptr),
            0);
  EXPECT_EQ(y[1023], 5);
  description.abi_version = 0;
  EXPECT_EQ(quantir_adopt(&description, run, &error), nullptr);
  EXPECT_EQ(std::string(error.message).find("the linked model was compiled"),
            0u);
}

TEST(Load, RefusesAnotherInterfaceVersion) {
  EXPECT_EQ(errorOfLoading(modelPath("OLD_ABI")),
            modelPath("OLD_ABI") +
                " was compiled for version 7 of the artifact interface, and "
                "this runtime knows version 6: compile the model again");
}

TEST(Load, RefusesSizesThatOverflow) {
  EXPECT_EQ(errorOfLoading(modelPath("BAD_SHAPE")),
            modelPath("BAD_SHAPE") +
                ": output 0 has no name or no valid shape and type");
}

TEST(Load, RefusesStepsWithoutNames) {
  EXPECT_EQ(errorOfLoading(modelPath("BAD_STEPS")),
            modelPath("BAD_STEPS") +
                ": the description's list of 1 steps is not valid");
}

TEST(Load, RefusesCodeForAnotherProcessor) {
  std::string error = errorOfLoading(modelPath("NEEDS_MORE"));
#if defined(__x86_64__)
  EXPECT_EQ(error, modelPath("NEEDS_MORE") +
                       " was compiled for any and needs 'warp9', which this "
                       "processor lacks: compile the model for this one");
#endif
  EXPECT_NE(error, "no error");
}

TEST(Load, SaysThatTilesAreMissing) {
  std::string path = modelPath("NEEDS_TILES");
  std::string error = errorOfLoading(path);
  // The processor lacks them, the system keeps them, or all is well.
  EXPECT_TRUE(error == path + " was compiled for any and needs 'amx-tile', "
                              "which this processor lacks: compile the model "
                              "for this one" ||
              error == path + " uses AMX, which this system does not let "
                              "programs use: compile the model with "
                              "--mattr=-amx-tile" ||
              error == "no error")
      << error;
}

/// The processor whose code of the model with levels runs, or the error.
static std::string levelOf(const char *level) {
  quantir_error error = {};
  Model model(quantir_load_level(modelPath("LEVELS").c_str(), level, &error),
              quantir_unload);
  return model ? quantir_model_description(model.get())->target_cpu
               : error.message;
}

TEST(Load, TakesTheBestLevelThatRuns) {
  EXPECT_EQ(levelOf(nullptr), "twin");
  EXPECT_EQ(levelOf("today"), "today");
  setenv("QUANTIR_LEVEL", "today", 1);
  EXPECT_EQ(levelOf(nullptr), "today");
  EXPECT_EQ(levelOf("twin"), "twin");
  EXPECT_EQ(errorOfLoading(modelPath("NONE")), "no error");
  setenv("QUANTIR_LEVEL", "yesterday", 1);
  EXPECT_EQ(levelOf(nullptr), modelPath("LEVELS") +
                                  " has no code for 'yesterday', only for: "
                                  "future, twin, today");
  unsetenv("QUANTIR_LEVEL");
}

TEST(Load, DescribesTheLevelThatRuns) {
  Model model(quantir_load_level(modelPath("LEVELS").c_str(), "twin", nullptr),
              quantir_unload);
  ASSERT_TRUE(model);
  const quantir_description *d = quantir_model_description(model.get());
  EXPECT_EQ(d->num_steps, 2u);
  EXPECT_EQ(d->num_levels, 3u);
}

TEST(Load, RefusesALevelThatCannotRun) {
#if defined(__x86_64__)
  EXPECT_EQ(levelOf("future"), modelPath("LEVELS") +
                                   " was compiled for future and needs 'warp9'"
                                   ", which this processor lacks: compile the "
                                   "model for this one");
#endif
  EXPECT_EQ(errorOfLoading(modelPath("BAD_LEVELS")),
            modelPath("BAD_LEVELS") +
                ": the description's list of 3 levels is not valid");
}

TEST(Load, RefusesOtherLibraries) {
  EXPECT_NE(errorOfLoading(modelPath("NO_DESCRIPTION"))
                .find("is a library, but not a compiled model"),
            std::string::npos);
}

TEST(Load, RefusesWhatIsNoLibrary) {
  EXPECT_EQ(errorOfLoading("/dev/null").find("cannot load /dev/null"), 0u);
  EXPECT_EQ(errorOfLoading("no-such-file.so").find("cannot load no-such-file"),
            0u);
}

TEST(Load, RefusesEveryBeginningOfALibrary) {
  std::ifstream whole(modelPath("NONE"), std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(whole), {});
  std::string path = testing::TempDir() + "beginning.so";
  for (size_t size = 0; size < bytes.size(); size += 97) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    std::string error = errorOfLoading(path);
    EXPECT_TRUE(error == path + " is incomplete; compile or copy it again" ||
                error.find("cannot load " + path) == 0)
        << size << ": " << error;
  }
  std::remove(path.c_str());
}
