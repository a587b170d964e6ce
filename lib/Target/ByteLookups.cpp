#include "quantir/Target/ByteLookups.h"

#include "llvm/ADT/STLExtras.h"

using namespace quantir;
using llvm::StringLiteral;

static constexpr StringLiteral vbmi[] = {"avx512bw", "avx512vbmi"};
static constexpr StringLiteral avx512[] = {"avx512bw"};
static constexpr StringLiteral avx2[] = {"avx2"};
static constexpr StringLiteral sse[] = {"ssse3", "sse4.1"};

static constexpr ByteLookup table[] = {
    {"vpermi2b_512", vbmi, "llvm.x86.avx512.vpermi2var.qi.512", 64, 128},
    {"vpshufb_512", avx512, "llvm.x86.avx512.pshuf.b.512", 64, 16},
    {"vpshufb_256", avx2, "llvm.x86.avx2.pshuf.b", 32, 16},
    {"pshufb_128", sse, "llvm.x86.ssse3.pshuf.b.128", 16, 16},
};

const ByteLookup *quantir::selectByteLookup(const TargetSpec &spec) {
  for (const ByteLookup &row : table)
    if (llvm::all_of(row.features,
                     [&](StringLiteral f) { return spec.has(f); }))
      return &row;
  return nullptr;
}
