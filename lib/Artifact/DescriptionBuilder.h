#ifndef QUANTIR_LIB_ARTIFACT_DESCRIPTIONBUILDER_H
#define QUANTIR_LIB_ARTIFACT_DESCRIPTIONBUILDER_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Gpu/PackWords.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DerivedTypes.h"
#include "llvm/IR/Module.h"
#include <map>

namespace quantir {

/// Makes the constants of a description; the field order is that of the C
/// structures, whose layout LLVM's natural alignment reproduces.
class DescriptionBuilder {
public:
  explicit DescriptionBuilder(llvm::Module &module)
      : module(module), context(module.getContext()) {}

  llvm::Constant *integer(unsigned bits, uint64_t value);
  llvm::Constant *null();
  llvm::Constant *string(llvm::StringRef text);
  llvm::Constant *tensors(llvm::ArrayRef<TensorDescription> tensors);
  /// The steps, and how many. Their texts are in `stepTexts`; equal lists are
  /// there once.
  std::pair<llvm::Constant *, llvm::Constant *>
  steps(llvm::ArrayRef<StepDescription> steps);
  /// How long the texts of all steps are, and the texts.
  llvm::SmallVector<llvm::Constant *> stepTexts();
  /// The address and size of a constant of the module, if it is there.
  llvm::SmallVector<llvm::Constant *> constants(llvm::StringRef name);
  /// The levels, under the name by which the code that chooses knows them.
  llvm::Constant *levels(llvm::ArrayRef<LevelDescription> levels);
  /// A `quantir_gpu_program`; null when there is none.
  /// \param constants, tables  names of what the CPU's code reads.
  llvm::Constant *gpuProgram(const std::optional<GpuProgram> &program,
                             llvm::StringRef constants, llvm::StringRef tables);

  llvm::GlobalVariable *global(llvm::Constant *value,
                               const llvm::Twine &name = "",
                               bool isVisible = false);

private:
  llvm::Constant *tensor(const TensorDescription &tensor);
  /// The address of the entries; null when there are none.
  llvm::Constant *array(llvm::ArrayRef<llvm::Constant *> entries);
  /// Where a text of a step is.
  llvm::Constant *place(llvm::StringRef text);
  llvm::Constant *gpuKernel(const GpuProgram::Kernel &kernel);

  llvm::Module &module;
  llvm::LLVMContext &context;
  std::string texts = std::string(1, '\0');
  llvm::StringMap<uint32_t> places;
  std::map<llvm::SmallVector<llvm::Constant *>, llvm::Constant *> stepLists;
  ProgramCode gpuCode;
};

} // namespace quantir

#endif // QUANTIR_LIB_ARTIFACT_DESCRIPTIONBUILDER_H
