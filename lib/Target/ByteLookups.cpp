#include "quantir/Target/ByteLookups.h"

#include "llvm/ADT/STLExtras.h"

using namespace quantir;
using llvm::StringLiteral;

static constexpr StringLiteral vbmi[] = {"avx512bw", "avx512vbmi"};
static constexpr StringLiteral avx512[] = {"avx512bw"};
static constexpr StringLiteral avx2[] = {"avx2"};
static constexpr StringLiteral sse[] = {"ssse3", "sse4.1"};
static constexpr StringLiteral neon[] = {"neon"};

static constexpr auto x86 = llvm::Triple::x86_64, arm = llvm::Triple::aarch64;

static constexpr ByteLookup table[] = {
    {"vpermi2b_512", x86, vbmi, "llvm.x86.avx512.vpermi2var.qi.512", "", 64,
     128, 1},
    {"vpshufb_512", x86, avx512, "llvm.x86.avx512.pshuf.b.512", "", 64, 16, 1},
    {"vpshufb_256", x86, avx2, "llvm.x86.avx2.pshuf.b", "", 32, 16, 1},
    {"pshufb_128", x86, sse, "llvm.x86.ssse3.pshuf.b.128", "", 16, 16, 1},
    {"tbl4_tbx4", arm, neon, "llvm.aarch64.neon.tbl4.v16i8",
     "llvm.aarch64.neon.tbx4.v16i8", 16, 64, 2},
};

const ByteLookup *quantir::selectByteLookup(const TargetSpec &spec) {
  auto architecture = llvm::Triple(spec.triple).getArch();
  for (const ByteLookup &row : table)
    if (row.architecture == architecture &&
        llvm::all_of(row.features,
                     [&](StringLiteral f) { return spec.has(f); }))
      return &row;
  return nullptr;
}
