#include "quantir/Target/CheckedFeatures.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

/// Names of LLVM that are also those of `__builtin_cpu_supports`; the runtime's
/// Processor.c asks for the same ones.
static constexpr StringRef names[] = {"sse3",         "ssse3",
                                      "sse4.1",       "sse4.2",
                                      "popcnt",       "avx",
                                      "avx2",         "bmi",
                                      "bmi2",         "fma",
                                      "f16c",         "lzcnt",
                                      "movbe",        "gfni",
                                      "avxvnni",      "avx512f",
                                      "avx512bw",     "avx512cd",
                                      "avx512dq",     "avx512vl",
                                      "avx512vnni",   "avx512vbmi",
                                      "avx512vbmi2",  "avx512ifma",
                                      "avx512bitalg", "avx512vpopcntdq",
                                      "avx512bf16"};

std::string quantir::checkedFeatures(const TargetSpec &target) {
  if (!Triple(target.triple).isX86_64())
    return "";
  SmallVector<StringRef> needed;
  copy_if(names, std::back_inserter(needed),
          [&](StringRef name) { return target.has(name); });
  return join(needed, ",");
}
