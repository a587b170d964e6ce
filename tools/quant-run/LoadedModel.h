#ifndef QUANTIR_TOOLS_QUANTRUN_LOADEDMODEL_H
#define QUANTIR_TOOLS_QUANTRUN_LOADEDMODEL_H

#include "quantir/Calibrate/ArrayInfo.h"
#include "quantir/Runtime/Runtime.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantir {

/// One buffer for each input or output.
using Buffers = std::vector<std::vector<char>>;

/// An artifact in this process, with the threads it may use.
class LoadedModel {
public:
  /// \param level  of an artifact for several processors; empty: the best.
  static llvm::Expected<LoadedModel>
  load(const std::string &path, int32_t threads, const std::string &level = "");

  std::vector<ArrayInfo> inputs, outputs;

  const quantir_description &description() const {
    return *quantir_model_description(model.get());
  }
  /// Has later runs be done by `device`, as quantir_model_use_device names it.
  /// \param timed  whether stepTime is to tell.
  /// \returns why the CPU does them although a GPU was wished for, or nothing.
  llvm::Expected<std::string> useDevice(const std::string &device,
                                        const std::string &cacheFolder,
                                        bool timed);
  /// "cpu", or a GPU's name.
  llvm::StringRef device() const { return quantir_model_device(model.get()); }
  /// What that does not do for the model.
  llvm::StringRef deviceLacks() const {
    return quantir_model_device_lacks(model.get());
  }
  /// Seconds of a step of the last run on a GPU; negative: not known.
  double stepTime(uint32_t step) const;

  static Buffers buffersFor(llvm::ArrayRef<ArrayInfo> arrays);

  /// `onStep`, when given, is called with the number of each step that ended.
  llvm::Error
  run(const Buffers &inputs, Buffers &outputs,
      std::optional<llvm::function_ref<void(uint32_t)>> onStep = {}) const;

private:
  LoadedModel(quantir_model *model, quantir_pool *pool)
      : model(model, quantir_unload), pool(pool, quantir_pool_destroy) {}

  std::unique_ptr<quantir_model, decltype(&quantir_unload)> model;
  std::unique_ptr<quantir_pool, decltype(&quantir_pool_destroy)> pool;
};

} // namespace quantir

#endif // QUANTIR_TOOLS_QUANTRUN_LOADEDMODEL_H
