#ifndef QUANTIR_LIB_PIPELINES_SPAREMEMORY_H
#define QUANTIR_LIB_PIPELINES_SPAREMEMORY_H

namespace quantir {

/// Gives memory back that the next stage does not need: what malloc keeps
/// though it is free, and the pages of LLVM's and MLIR's libraries, which the
/// system has at hand when they are read again. Does nothing where there is no
/// glibc.
void releaseSpareMemory();

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_SPAREMEMORY_H
