#include "VulkanDevice.h"

#include "gtest/gtest.h"
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

extern "C" void loseDevice(quantir_model *model, int isAuto);

namespace {

using Model = std::unique_ptr<quantir_model, decltype(&quantir_unload)>;

Model load(const std::string &flaw) {
  std::string path = MODEL_FOLDER "/hand_written_" + flaw + ".so";
  quantir_error error = {};
  Model model(quantir_load(path.c_str(), &error), quantir_unload);
  EXPECT_TRUE(model) << error.message;
  return model;
}

std::vector<float> someNumbers() {
  std::vector<float> x(1024);
  std::iota(x.begin(), x.end(), -500);
  return x;
}

/// Whether y = 2 * x comes out.
bool doubles(const Model &model) {
  std::vector<float> x = someNumbers(), y(x.size());
  const void *input = x.data();
  void *output = y.data();
  size_t bytes = x.size() * sizeof(float);
  quantir_error error = {};
  EXPECT_EQ(quantir_model_run(model.get(), &input, &bytes, 1, &output, &bytes,
                              1, nullptr, &error),
            0)
      << error.message;
  bool result = true;
  for (size_t i = 0; i < x.size(); ++i)
    result &= y[i] == 2 * x[i];
  return result;
}

/// For what needs a device; `name` is that of the one that suits best.
class Device : public testing::Test {
protected:
  void SetUp() override {
    quantir_gpu *gpu = quantir_gpu_open(-1, &error);
    if (!gpu)
      GTEST_SKIP() << error.message;
    name = quantir_gpu_name(gpu);
    isGpu = gpu->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU;
    quantir_gpu_close(gpu);
  }
  int use(const Model &model, const char *device) {
    return quantir_model_use_device(model.get(), device, &options, &error);
  }

  quantir_device_options options = {};
  quantir_error error = {};
  std::string name;
  bool isGpu = false;
};

/// With a folder for what is kept.
class DeviceCache : public Device {
protected:
  DeviceCache() : folder(testing::TempDir() + "quantir-gpu-cache") {
    fs::remove_all(folder);
    options.cache_folder = folder.c_str();
  }
  ~DeviceCache() override { fs::remove_all(folder); }

  std::vector<fs::path> files() const {
    return {fs::directory_iterator(folder), fs::directory_iterator()};
  }

  std::string folder;
};

} // namespace

TEST_F(Device, RunsAModelAndGoesBackToTheCpu) {
  Model model = load("GPU");
  EXPECT_STREQ(quantir_model_device(model.get()), "cpu");
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
    EXPECT_EQ(quantir_model_device(model.get()), name);
    EXPECT_TRUE(doubles(model));
    ASSERT_EQ(use(model, "cpu"), 0) << error.message;
    EXPECT_STREQ(quantir_model_device(model.get()), "cpu");
    EXPECT_TRUE(doubles(model));
  }
}

TEST_F(Device, HasStepsOfItsOwn) {
  Model model = load("GPU");
  const quantir_description *d = quantir_model_description(model.get());
  const quantir_step *steps = d->steps;
  options.timed = 1;
  ASSERT_EQ(use(model, "vulkan:0"), 0) << error.message;
  EXPECT_EQ(d->steps, d->gpu->steps);
  EXPECT_EQ(d->num_steps, 1u);
  EXPECT_TRUE(doubles(model));
  EXPECT_LT(quantir_model_step_time(model.get(), 1), 0);
  ASSERT_EQ(use(model, "cpu"), 0) << error.message;
  EXPECT_EQ(d->steps, steps);
  EXPECT_LT(quantir_model_step_time(model.get(), 0), 0);
}

TEST_F(Device, RunsForSeveralThreads) {
  Model model = load("GPU");
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  auto runMany = [&] {
    for (int i = 0; i < 50; ++i)
      ASSERT_TRUE(doubles(model));
  };
  std::thread other(runMany);
  runMany();
  other.join();
}

TEST_F(Device, PassesOverAFormThatComputesWrongly) {
  Model model = load("GPU_FORMS");
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  EXPECT_TRUE(doubles(model));
  EXPECT_NE(std::string(quantir_model_device_lacks(model.get()))
                .find("the first form of kernels"),
            std::string::npos);
}

TEST_F(Device, IsRefusedWhenItComputesWrongly) {
  Model model = load("GPU_WRONG");
  EXPECT_EQ(use(model, "vulkan"), -1);
  EXPECT_EQ(std::string(error.message)
                .find(name + " computes the model wrongly: of made-up inputs "
                             "element 0 of output 'y' is 0 instead of "),
            0u)
      << error.message;
  EXPECT_STREQ(quantir_model_device(model.get()), "cpu");
  EXPECT_TRUE(doubles(model));
  EXPECT_EQ(use(model, "auto"), 1);
}

TEST_F(Device, MayDifferALittleInAProgramThatIsNotExact) {
  EXPECT_EQ(use(load("GPU_NEARLY"), "vulkan"), 0) << error.message;
  EXPECT_EQ(use(load("GPU_FAR"), "vulkan"), -1);
}

TEST_F(Device, IsChosenIfItIsAGpu) {
  Model model = load("GPU");
  ASSERT_EQ(use(model, "auto"), isGpu ? 0 : 1) << error.message;
  if (!isGpu)
    EXPECT_EQ(error.message, name + " is no GPU");
  EXPECT_TRUE(doubles(model));
}

TEST_F(Device, MayBeLost) {
  Model model = load("GPU");
  for (bool isAuto : {false, true}) {
    ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
    loseDevice(model.get(), isAuto);
    if (isAuto) {
      EXPECT_TRUE(doubles(model));
      EXPECT_STREQ(quantir_model_device(model.get()), "cpu");
      EXPECT_TRUE(doubles(model));
    } else {
      std::vector<float> x = someNumbers();
      const void *input = x.data();
      void *output = x.data();
      size_t bytes = x.size() * sizeof(float);
      EXPECT_EQ(quantir_model_run(model.get(), &input, &bytes, 1, &output,
                                  &bytes, 1, nullptr, &error),
                -1);
      EXPECT_EQ(error.message, name + ": the run failed: the device was lost");
    }
  }
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  EXPECT_EQ(quantir_model_device(model.get()), name);
  EXPECT_TRUE(doubles(model));
}

TEST_F(Device, RefusesAProgramOfAnotherModel) {
  Model model = load("GPU_TENSORS");
  EXPECT_EQ(use(model, "vulkan"), -1);
  EXPECT_STREQ(error.message, "the program for GPUs is not one of this model");
}

TEST_F(DeviceCache, KeepsPipelinesAndVerdict) {
  Model model = load("GPU_FORMS");
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  EXPECT_EQ(files().size(), 2u);
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  EXPECT_TRUE(doubles(model));
  EXPECT_EQ(files().size(), 2u);
}

TEST_F(DeviceCache, KeepsThatADeviceComputesWrongly) {
  Model model = load("GPU_WRONG");
  EXPECT_EQ(use(model, "vulkan"), -1);
  EXPECT_EQ(use(model, "vulkan"), -1);
  EXPECT_EQ(error.message,
            name + " computes the model wrongly, as an earlier test found");
}

TEST_F(DeviceCache, PassesOverDamagedFiles) {
  Model model = load("GPU");
  for (bool isCut : {false, true}) {
    ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
    for (const fs::path &path : files()) {
      if (isCut)
        fs::resize_file(path, fs::file_size(path) - 1);
      else
        std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
            .seekp(-1, std::ios::end)
            .put('\x55');
    }
    ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
    EXPECT_TRUE(doubles(model));
  }
}

TEST_F(DeviceCache, DoesWithoutAFolderThatCannotBe) {
  options.cache_folder = "/dev/null/there";
  Model model = load("GPU");
  ASSERT_EQ(use(model, "vulkan"), 0) << error.message;
  EXPECT_TRUE(doubles(model));
}

static std::string errorOf(const std::string &flaw, const char *device) {
  quantir_error error = {};
  return quantir_model_use_device(load(flaw).get(), device, nullptr, &error) < 0
             ? error.message
             : "no error";
}

TEST(UseDevice, RefusesWhatItDoesNotKnow) {
  for (const char *device :
       {"", "gpu", "vulkan1", "vulkan:", "vulkan:-1", "vulkan:1x", "cpu:0",
        "vulkan:99999999999999999999"})
    EXPECT_EQ(errorOf("GPU", device),
              "there is no device '" + std::string(device) +
                  "': name cpu, auto, vulkan or vulkan:0, vulkan:1, ...");
}

TEST(UseDevice, NeedsAModelForGpus) {
  EXPECT_EQ(errorOf("NONE", "vulkan"),
            "'twice' has no code for GPUs: compile it with --gpu=vulkan");
}
