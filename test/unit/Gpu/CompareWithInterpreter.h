#ifndef QUANTIR_TEST_UNIT_GPU_COMPAREWITHINTERPRETER_H
#define QUANTIR_TEST_UNIT_GPU_COMPAREWITHINTERPRETER_H

#include "../Interpret/InterpretedModel.h"
#include "quantir/Gpu/GpuLimits.h"
#include "quantir/Gpu/GpuProgram.h"
#include "quantir/Gpu/PackWords.h"
#include "quantir/Runtime/Vulkan.h"
#include "gtest/gtest.h"

namespace quantir::test {

/// Tests that run on a Vulkan device, and are skipped where there is none.
class OnGpu : public testing::Test {
protected:
  void SetUp() override;
};

/// The device of all tests, or null.
quantir_gpu *testGpu();

/// What devices can, but for less where the environment has
/// QUANTIR_LARGEST_BINDING or QUANTIR_MOST_GROUPS: all tests pass then as well.
DispatchLimits limitsOfTests();

/// A model as a GPU's program in this process.
class GpuModel {
public:
  /// Lowers `text`, a module with a @main of the dialect. Its modules are valid
  /// SPIR-V for Vulkan 1.1 and 1.3 where spirv-val is installed to say so.
  static llvm::Expected<std::unique_ptr<GpuModel>>
  compile(llvm::StringRef text, llvm::StringRef family = "generic",
          DispatchLimits limits = limitsOfTests());

  static llvm::Expected<std::unique_ptr<GpuModel>> create(GpuProgram program);

  /// The most forms that one of its kernels has.
  uint32_t forms() const;

  /// True when specialization constants choose between ways to compute.
  bool hasChoices() const;

  /// Makes all that the device needs of it, for the runs that follow.
  llvm::Error record(const quantir_gpu_options &options);

  /// Runs on the bytes of `inputs`; `outputs` get theirs.
  llvm::Error run(llvm::ArrayRef<const void *> inputs,
                  llvm::ArrayRef<void *> outputs);

  const GpuProgram program;

private:
  explicit GpuModel(GpuProgram program);

  /// The program as the runtime reads it.
  std::vector<quantir_gpu_kernel> kernels;
  std::vector<std::vector<quantir_gpu_code>> forms_;
  std::vector<uint8_t> code;
  quantir_gpu_program view{};
  std::unique_ptr<quantir_gpu_model, decltype(&quantir_gpu_free)> recorded;
};

/// Specialization constants, each for one operation of which the test device
/// says nothing, but which gave correctly rounded results for many operands.
uint32_t exactOperations();

/// Whether the device computes with subnormal numbers, not with zeros in their
/// place as many may: inputs of other kinds than the ordinary have some.
bool keepsSubnormals();

/// Runs @main of `text` by the interpreter and on the device, on the same
/// random inputs, in every form, with operations computed and of the device's
/// own, and says where they differ in a bit (two NaN are equal).
testing::AssertionResult sameAsInterpreted(llvm::StringRef text);

/// The same on inputs of some kinds alone, as code for a family of GPUs. Floats
/// are ordinary ones on a device that keeps no subnormal numbers.
testing::AssertionResult
sameAsInterpreted(llvm::StringRef text, llvm::ArrayRef<Inputs> kinds,
                  llvm::StringRef family = "generic",
                  DispatchLimits limits = limitsOfTests());

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_GPU_COMPAREWITHINTERPRETER_H
