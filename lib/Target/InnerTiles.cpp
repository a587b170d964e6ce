#include "quantir/Target/InnerTiles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/TargetParser/Triple.h"

using namespace quantir;
using llvm::ArrayRef;
using llvm::StringLiteral;

static constexpr StringLiteral avx512Vnni[] = {"avx512f", "avx512bw",
                                               "avx512vl", "avx512vnni"};
static constexpr StringLiteral avx512Vnni256[] = {"avx512vl", "avx512vnni"};
static constexpr StringLiteral avxVnni[] = {"avx2", "avxvnni"};
static constexpr StringLiteral avx2[] = {"avx2"};

// Measured rates are in Target/README.md.
static constexpr InnerTile table[] = {
    {"u8s8_vpdpbusd_512", avx512Vnni, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.512", 16, 16, 4, 32, 1, false},
    {"u8s8_vpdpbusd_256_evex", avx512Vnni256, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.256", 8, 8, 4, 32, 1, false},
    {"u8s8_vpdpbusd_256_vex", avxVnni, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.256", 8, 8, 4, 16, 1, false},
    {"u8s8_vpmaddubsw_256", avx2, DotKind::MaddUbsMaddWd,
     "llvm.x86.avx2.pmadd.ub.sw", 8, 8, 4, 16, 3, true},
    {"u8s8_vpmaddwd_256", avx2, DotKind::WidenMaddWd, "llvm.x86.avx2.pmadd.wd",
     8, 4, 4, 16, 2, false},
    {"u8s8_portable", {}, DotKind::PartialReduce, "", 4, 4, 4, 16, 6, false},
};

std::string InnerTile::intrinsicOfWidth(unsigned bits) const {
  // The family's names end in the width.
  return (intrinsic.rsplit('.').first + "." + llvm::Twine(bits)).str();
}

ArrayRef<InnerTile> quantir::innerTiles() { return table; }

const InnerTile &quantir::selectInnerTile(const TargetSpec &spec,
                                          bool cannotSaturate) {
  for (const InnerTile &tile : table)
    if ((cannotSaturate || !tile.needsNoSaturation) &&
        llvm::all_of(tile.features,
                     [&](StringLiteral f) { return spec.has(f); }))
      return tile;
  llvm_unreachable("the portable row needs nothing");
}

VectorUnit quantir::vectorUnit(const TargetSpec &spec) {
  if (llvm::Triple(spec.triple).isAArch64())
    return {4, 32, true};
  bool fma = spec.has("fma");
  if (spec.has("avx512f") && spec.has("avx512bw") && spec.has("avx512vl"))
    return {16, 32, true};
  if (spec.has("avx2"))
    return {8, 16, fma};
  return {4, 16, fma};
}
