#ifndef QUANTIR_GPU_GPUPROGRAM_H
#define QUANTIR_GPU_GPUPROGRAM_H

#include "mlir/IR/Attributes.h"
#include "quantir/Runtime/Artifact.h"
#include <string>
#include <vector>

namespace quantir {

/// What an artifact holds for GPUs, by value.
struct GpuProgram {
  struct Form {
    std::string name; ///< the symbol of the first that it was made for
    std::vector<uint32_t> words;
    uint32_t needs = 0; ///< quantir_gpu_need
  };
  struct Kernel {
    std::vector<Form> forms; ///< the best first
    uint32_t bindings = 0;
    uint32_t push = 0; ///< words of push constants
  };
  struct Step {
    std::string name, nodes;
    uint64_t macs = 0, bytes = 0;
  };
  std::vector<Kernel> kernels; ///< equal ones are there once
  std::vector<quantir_gpu_binding> bindings;
  std::vector<quantir_gpu_dispatch> dispatches;
  std::vector<uint32_t> push;
  std::vector<Step> steps; ///< one for each dispatch
  std::vector<quantir_gpu_tensor> inputs, outputs;
  /// Behind one another, as a device binds them.
  struct Constant {
    uint64_t offset;
    std::vector<char> bytes;
    mlir::Attribute order; ///< `kOrderAttr` or null
  };
  std::vector<Constant> constants;
  /// Of `packConstants`: what an artifact holds of them.
  std::vector<uint8_t> literals, pieces;
  uint64_t constantsSize = 0, arenaSize = 0, interfaceSize = 0;
  bool exact = true;
};

/// The program of a lowered module: `spirv.module`s, and a main of dispatches
/// with barriers and memory placed. Errors, such as a constant that is larger
/// than every device need bind, are diagnostics.
/// \param inputs, outputs  the types of the old main.
mlir::FailureOr<GpuProgram> gpuProgramOf(mlir::ModuleOp module,
                                         mlir::TypeRange inputs,
                                         mlir::TypeRange outputs);

} // namespace quantir

#endif // QUANTIR_GPU_GPUPROGRAM_H
