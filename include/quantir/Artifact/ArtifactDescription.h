#ifndef QUANTIR_ARTIFACT_ARTIFACTDESCRIPTION_H
#define QUANTIR_ARTIFACT_ARTIFACTDESCRIPTION_H

#include "quantir/Gpu/GpuProgram.h"
#include "quantir/Runtime/Artifact.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quantir {

/// One input or output of the compiled model: dense, row-major.
struct TensorDescription {
  std::string name;
  quantir_type type = QUANTIR_F32;
  llvm::SmallVector<int64_t> shape; ///< every entry at least 1
  bool quantized = false; ///< real value = scale * (element - zeroPoint)
  float scale = 1;
  int32_t zeroPoint = 0;
};

/// One kernel of a run.
struct StepDescription {
  std::string name;   ///< what it computes
  std::string nodes;  ///< the ONNX nodes behind it
  uint64_t macs = 0;  ///< multiply-accumulates
  uint64_t bytes = 0; ///< of operands and results, each once
};

/// The code for one processor, of an artifact for several.
struct LevelDescription {
  std::string cpu, features;
  std::string runSymbol;
  std::vector<StepDescription> steps;
};

/// What a program can ask an artifact about itself.
struct ArtifactDescription {
  std::string name; ///< a C identifier, see `cIdentifier`
  std::vector<TensorDescription> inputs, outputs;
  std::vector<StepDescription> steps;
  uint64_t arenaSize = 0;       ///< bytes
  uint64_t arenaAlignment = 64; ///< bytes, a power of two
  uint64_t weightsSize = 0;     ///< bytes of constants in the artifact
  std::string weightsHash;      ///< SHA-256, hexadecimal
  /// The module's global with what every run reads of them, if it has one.
  std::string constantsSymbol;
  std::string tablesSymbol; ///< and that of the others
  /// The best first; empty when there is only one processor.
  std::vector<LevelDescription> levels;
  std::string quantization = "none";
  /// The same computation for Vulkan devices, when it was asked for.
  std::optional<GpuProgram> gpu;

  std::string runSymbol() const { return name + "_run"; }
  std::string descriptionSymbol() const { return name + "_description"; }
};

/// `text` as the beginning of C identifiers: ASCII letters, digits and
/// underscores stay, everything else becomes an underscore; what begins with no
/// letter, or like the runtime's own names ("quantir"), gets "model_" in front.
std::string cIdentifier(llvm::StringRef text);

/// "quantir 0.1.0 (LLVM 22.1.8)".
std::string compilerVersion();

} // namespace quantir

#endif // QUANTIR_ARTIFACT_ARTIFACTDESCRIPTION_H
