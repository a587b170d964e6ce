#include "LoadedModel.h"

#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace quantir;

static ArrayElement elementOf(int32_t type) {
  switch (type) {
  case QUANTIR_I64:
    return ArrayElement::I64;
  case QUANTIR_I32:
    return ArrayElement::I32;
  case QUANTIR_I8:
    return ArrayElement::I8;
  case QUANTIR_U8:
    return ArrayElement::U8;
  case QUANTIR_BOOL:
    return ArrayElement::Bool;
  default: // the loader refuses every other type
    return ArrayElement::F32;
  }
}

static std::vector<ArrayInfo> arraysOf(const quantir_tensor *tensors,
                                       uint32_t count) {
  std::vector<ArrayInfo> arrays;
  for (const quantir_tensor &tensor : ArrayRef(tensors, count))
    arrays.push_back(
        {tensor.name, elementOf(tensor.type),
         SmallVector<int64_t>(ArrayRef<int64_t>(tensor.shape, tensor.rank))});
  return arrays;
}

Expected<LoadedModel> LoadedModel::load(const std::string &path,
                                        int32_t threads,
                                        const std::string &level) {
  quantir_error error = {};
  quantir_model *model = quantir_load_level(
      path.c_str(), level.empty() ? nullptr : level.c_str(), &error);
  if (!model)
    return createStringError(error.message);
  LoadedModel loaded(model, quantir_pool_create(threads));
  if (!loaded.pool)
    return createStringError(
        formatv("the system gives no {0} threads", threads).str());
  const quantir_description &description = loaded.description();
  loaded.inputs = arraysOf(description.inputs, description.num_inputs);
  loaded.outputs = arraysOf(description.outputs, description.num_outputs);
  return loaded;
}

Expected<std::string> LoadedModel::useDevice(const std::string &device,
                                             const std::string &cacheFolder,
                                             bool timed) {
  quantir_device_options options = {};
  options.cache_folder = cacheFolder.empty() ? nullptr : cacheFolder.c_str();
  options.pool = pool.get();
  options.timed = timed;
  quantir_error error = {};
  int status =
      quantir_model_use_device(model.get(), device.c_str(), &options, &error);
  if (status < 0)
    return createStringError(error.message);
  return std::string(status > 0 ? error.message : "");
}

double LoadedModel::stepTime(uint32_t step) const {
  return quantir_model_step_time(model.get(), step) * 1e-9;
}

Buffers LoadedModel::buffersFor(ArrayRef<ArrayInfo> arrays) {
  Buffers buffers;
  for (const ArrayInfo &array : arrays)
    buffers.emplace_back(array.byteSize());
  return buffers;
}

Error LoadedModel::run(
    const Buffers &inputs, Buffers &outputs,
    std::optional<function_ref<void(uint32_t)>> onStep) const {
  std::vector<const void *> inputPointers;
  std::vector<void *> outputPointers;
  std::vector<size_t> inputBytes, outputBytes;
  for (const std::vector<char> &buffer : inputs) {
    inputPointers.push_back(buffer.data());
    inputBytes.push_back(buffer.size());
  }
  for (std::vector<char> &buffer : outputs) {
    outputPointers.push_back(buffer.data());
    outputBytes.push_back(buffer.size());
  }
  auto call = [](void *observer, uint32_t step) {
    (*static_cast<function_ref<void(uint32_t)> *>(observer))(step);
  };
  quantir_error error = {};
  if (quantir_model_run_observed(
          model.get(), inputPointers.data(), inputBytes.data(), inputs.size(),
          outputPointers.data(), outputBytes.data(), outputs.size(), pool.get(),
          onStep ? +call : nullptr, onStep ? &*onStep : nullptr, &error) != 0)
    return createStringError(error.message);
  return Error::success();
}
