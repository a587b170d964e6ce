#ifndef QUANTIR_GPU_PACKCONSTANTS_H
#define QUANTIR_GPU_PACKCONSTANTS_H

#include "quantir/Gpu/GpuProgram.h"
#include "quantir/Lower/MergeConstants.h"

namespace quantir {

/// Bytes of a program's constants that are read where the CPU's code has them,
/// and of the others.
struct PackedConstants {
  uint64_t shared = 0, own = 0;
};

/// Says of all constants of `program` how a loader puts them together: of what
/// the CPU's code has in some order, and of literals.
/// \param ofProcessor  its constants, where they have been merged.
PackedConstants packConstants(GpuProgram &program,
                              llvm::ArrayRef<MergedConstant> ofProcessor);

} // namespace quantir

#endif // QUANTIR_GPU_PACKCONSTANTS_H
