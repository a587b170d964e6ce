#ifndef QUANTIR_LIB_TARGET_FEATURESETS_H
#define QUANTIR_LIB_TARGET_FEATURESETS_H

#include "quantir/Target/ProcessorNeeds.h"

/// The needs that rows of several tables have.
namespace quantir::needs {

template <llvm::Triple::ArchType architecture, size_t size>
constexpr ProcessorNeeds on(const llvm::StringLiteral (&features)[size]) {
  return {architecture, features};
}

inline constexpr llvm::StringLiteral avx512VnniList[] = {
    "avx512f", "avx512bw", "avx512vl", "avx512vnni"};
inline constexpr llvm::StringLiteral avx512Vnni256List[] = {"avx512vl",
                                                            "avx512vnni"};
inline constexpr llvm::StringLiteral avxVnniList[] = {"avx2", "avxvnni"};
inline constexpr llvm::StringLiteral avx2List[] = {"avx2"};
inline constexpr llvm::StringLiteral neonList[] = {"neon"};
inline constexpr llvm::StringLiteral dotprodList[] = {"neon", "dotprod"};
inline constexpr llvm::StringLiteral i8mmList[] = {"neon", "i8mm"};

inline constexpr auto x86 = llvm::Triple::x86_64, arm = llvm::Triple::aarch64;

inline constexpr auto avx512Vnni = on<x86>(avx512VnniList),
                      avx512Vnni256 = on<x86>(avx512Vnni256List),
                      avxVnni = on<x86>(avxVnniList), avx2 = on<x86>(avx2List),
                      neon = on<arm>(neonList), dotprod = on<arm>(dotprodList),
                      i8mm = on<arm>(i8mmList);
inline constexpr ProcessorNeeds anywhere;

} // namespace quantir::needs

#endif // QUANTIR_LIB_TARGET_FEATURESETS_H
