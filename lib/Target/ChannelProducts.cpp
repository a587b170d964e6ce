#include "quantir/Target/ChannelProducts.h"

#include "FeatureSets.h"
#include "llvm/ADT/Twine.h"

using namespace quantir;
using namespace quantir::needs;

static constexpr ChannelProducts table[] = {
    {"vpdpbusd_512", avx512Vnni, "llvm.x86.avx512.vpdpbusd.512", 64, 16, 4,
     false, false},
    {"vpdpbusd_256_evex", avx512Vnni256, "llvm.x86.avx512.vpdpbusd.256", 32, 16,
     4, false, false},
    {"vpdpbusd_256_vex", avxVnni, "llvm.x86.avx512.vpdpbusd.256", 32, 16, 4,
     false, false},
    {"usdot", i8mm, "llvm.aarch64.neon.usdot.v4i32.v16i8", 16, 16, 4, false,
     true},
    {"sdot", dotprod, "llvm.aarch64.neon.sdot.v4i32.v16i8", 16, 16, 4, true,
     true},
    {"smlal", neon, "llvm.aarch64.neon.smull.v4i32", 8, 8, 0, false, true},
};

std::string ChannelProducts::intrinsicOf(unsigned bytes) const {
  if (bytes == widest)
    return intrinsic.str();
  // The names of families of several widths end in the width.
  return (intrinsic.rsplit('.').first + "." + llvm::Twine(8 * bytes)).str();
}

const ChannelProducts *quantir::selectChannelProducts(const TargetSpec &spec,
                                                      int64_t lines,
                                                      int64_t channels) {
  for (const ChannelProducts &row : table)
    if (row.needs.areMetBy(spec) && (!row.lines || lines <= row.lines) &&
        channels >= row.narrowest)
      return &row;
  return nullptr;
}
