#include "quantir/Target/ByteLookups.h"

#include "FeatureSets.h"

using namespace quantir;
using llvm::StringLiteral;
using needs::avx2, needs::neon, needs::x86;

static constexpr StringLiteral vbmiList[] = {"avx512bw", "avx512vbmi"};
static constexpr StringLiteral avx512List[] = {"avx512bw"};
static constexpr StringLiteral sseList[] = {"ssse3", "sse4.1"};
static constexpr auto vbmi = needs::on<x86>(vbmiList),
                      avx512 = needs::on<x86>(avx512List),
                      sse = needs::on<x86>(sseList);

static constexpr ByteLookup table[] = {
    {"vpermi2b_512", vbmi, "llvm.x86.avx512.vpermi2var.qi.512", "", 64, 128, 1},
    {"vpshufb_512", avx512, "llvm.x86.avx512.pshuf.b.512", "", 64, 16, 1},
    {"vpshufb_256", avx2, "llvm.x86.avx2.pshuf.b", "", 32, 16, 1},
    {"pshufb_128", sse, "llvm.x86.ssse3.pshuf.b.128", "", 16, 16, 1},
    {"tbl4_tbx4", neon, "llvm.aarch64.neon.tbl4.v16i8",
     "llvm.aarch64.neon.tbx4.v16i8", 16, 64, 2},
};

const ByteLookup *quantir::selectByteLookup(const TargetSpec &spec) {
  for (const ByteLookup &row : table)
    if (row.needs.areMetBy(spec))
      return &row;
  return nullptr;
}
