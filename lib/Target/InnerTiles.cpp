#include "quantir/Target/InnerTiles.h"

#include "FeatureSets.h"
#include "llvm/ADT/Twine.h"
#include "llvm/TargetParser/Triple.h"

using namespace quantir;
using namespace quantir::needs;
using llvm::ArrayRef;
using llvm::StringLiteral;

static constexpr StringLiteral amxInt8List[] = {
    "amx-tile", "amx-int8", "avx512f", "avx512bw", "avx512vl", "avx512vnni"};
static constexpr StringLiteral avx512Bf16List[] = {"avx512f", "avx512bf16"};
static constexpr StringLiteral avx512List[] = {"avx512f", "avx512bw",
                                               "avx512vl"};
static constexpr StringLiteral neonBf16List[] = {"neon", "bf16"};
static constexpr auto amxInt8 = on<x86>(amxInt8List),
                      avx512Bf16 = on<x86>(avx512Bf16List),
                      avx512 = on<x86>(avx512List),
                      neonBf16 = on<arm>(neonBf16List);

static constexpr auto codes = TileNumbers::Codes, bf16 = TileNumbers::Bf16,
                      f16 = TileNumbers::F16;
static constexpr auto nothing = WeightNeeds::Nothing,
                      smallPairs = WeightNeeds::SmallPairs,
                      noLowest = WeightNeeds::NoLowest;
static constexpr bool signedLeft = true, packsLeft = true;

// Measured rates are in Target/README.md.
static constexpr InnerTile table[] = {
    // Eight registers of 16 rows of 64 bytes; a step is 16 words deep.
    {"u8s8_tdpbusd_16x16", codes, amxInt8, DotKind::Block,
     "llvm.x86.tdpbusd.internal", 16, 16, 64, 8, 4},
    {"u8s8_vpdpbusd_512", codes, avx512Vnni, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.512", 16, 16, 4, 32, 1},
    {"u8s8_vpdpbusd_256_evex", codes, avx512Vnni256, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.256", 8, 8, 4, 32, 1},
    {"u8s8_vpdpbusd_256_vex", codes, avxVnni, DotKind::Dot,
     "llvm.x86.avx512.vpdpbusd.256", 8, 8, 4, 16, 1},
    {"u8s8_vpmaddubsw_512", codes, avx512, DotKind::MaddUbsMaddWd,
     "llvm.x86.avx512.pmaddubs.w.512", 16, 16, 4, 32, 3, smallPairs},
    {"u8s8_vpmaddwd_512", codes, avx512, DotKind::WidenMaddWd,
     "llvm.x86.avx512.pmaddw.d.512", 16, 8, 4, 32, 2},
    {"u8s8_vpmaddubsw_256", codes, avx2, DotKind::MaddUbsMaddWd,
     "llvm.x86.avx2.pmadd.ub.sw", 8, 8, 4, 16, 3, smallPairs},
    {"u8s8_vpmaddwd_256", codes, avx2, DotKind::WidenMaddWd,
     "llvm.x86.avx2.pmadd.wd", 8, 4, 4, 16, 2},
    {"u8s8_usmmla", codes, i8mm, DotKind::Matrix,
     "llvm.aarch64.neon.usmmla.v4i32.v16i8", 4, 2, 8, 32, 0, nothing, false,
     packsLeft},
    {"u8s8_usdot", codes, i8mm, DotKind::DotByLane,
     "llvm.aarch64.neon.usdot.v4i32.v16i8", 4, 4, 4, 32, 0, nothing, false,
     packsLeft},
    {"u8s8_sdot", codes, dotprod, DotKind::DotByLane,
     "llvm.aarch64.neon.sdot.v4i32.v16i8", 4, 4, 4, 32, 0, nothing, signedLeft,
     packsLeft},
    {"u8s8_smlal", codes, neon, DotKind::LongPairs,
     "llvm.aarch64.neon.smull.v8i16", 4, 1, 16, 32, 13, noLowest, signedLeft},
    {"u8s8_smull", codes, neon, DotKind::Long, "llvm.aarch64.neon.smull.v8i16",
     4, 1, 16, 32, 13, nothing, signedLeft},
    {"u8s8_portable", codes, anywhere, DotKind::PartialReduce, "", 4, 4, 4, 16,
     6},

    {"bf16_vdpbf16ps_512", bf16, avx512Bf16, DotKind::Dot,
     "llvm.x86.avx512bf16.dpbf16ps.512", 16, 16, 2, 32, 1},
    // Each vector of weights becomes two, and so does each left element.
    {"bf16_fma_512", bf16, avx512, DotKind::WidenFma, "", 16, 16, 2, 32, 6},
    {"bf16_fma_256", bf16, avx2, DotKind::WidenFma, "", 8, 8, 2, 16, 4},
    {"bf16_bfmlal", bf16, neonBf16, DotKind::DotByLane,
     "llvm.aarch64.neon.bfmlal", 4, 4, 2, 32, 0, nothing, false, packsLeft},
    {"bf16_fmla", bf16, neon, DotKind::WidenFma, "", 4, 4, 2, 32, 4, nothing,
     false, packsLeft},
    {"bf16_portable", bf16, anywhere, DotKind::WidenFma, "", 4, 4, 2, 16, 6},

    {"f16_fma_512", f16, avx512, DotKind::WidenFma, "", 16, 16, 1, 32, 1},
    {"f16_fma_256", f16, avx2, DotKind::WidenFma, "", 8, 8, 1, 16, 1},
    {"f16_fmla", f16, neon, DotKind::WidenFma, "", 4, 4, 1, 32, 1, nothing,
     false, packsLeft},
    {"f16_portable", f16, anywhere, DotKind::WidenFma, "", 4, 4, 1, 16, 6},
};

std::string InnerTile::intrinsicOfWidth(unsigned bits) const {
  // The family's names end in the width.
  return (intrinsic.rsplit('.').first + "." + llvm::Twine(bits)).str();
}

ArrayRef<InnerTile> quantir::innerTiles() { return table; }

const InnerTile &quantir::selectInnerTile(const TargetSpec &spec,
                                          TileNumbers numbers,
                                          WeightFacts facts, bool severalRows) {
  // Of one row the second half of a matrix step would be for nothing.
  auto suits = [&](const InnerTile &tile) {
    return tile.kind != DotKind::Block &&
           (severalRows || tile.kind != DotKind::Matrix);
  };
  for (const InnerTile &tile : table)
    if (tile.numbers == numbers && suits(tile) && facts.admit(tile.needs) &&
        tile.processor.areMetBy(spec))
      return tile;
  llvm_unreachable("the portable rows need nothing");
}

const InnerTile *quantir::selectBlockTile(const TargetSpec &spec) {
  for (const InnerTile &tile : table)
    if (tile.kind == DotKind::Block && tile.processor.areMetBy(spec))
      return &tile;
  return nullptr;
}

VectorUnit quantir::vectorUnit(const TargetSpec &spec) {
  if (llvm::Triple(spec.triple).isAArch64())
    return {4, 32, /*fma=*/true, /*byLane=*/true};
  bool fma = spec.has("fma");
  if (spec.has("avx512f") && spec.has("avx512bw") && spec.has("avx512vl"))
    return {16, 32, true};
  if (spec.has("avx2"))
    return {8, 16, fma};
  return {4, 16, fma};
}
