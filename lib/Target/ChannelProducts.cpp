#include "quantir/Target/ChannelProducts.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace quantir;
using llvm::StringLiteral;

static constexpr StringLiteral avx512Vnni[] = {"avx512f", "avx512bw",
                                               "avx512vl", "avx512vnni"};
static constexpr StringLiteral avx512Vnni256[] = {"avx512vl", "avx512vnni"};
static constexpr StringLiteral avxVnni[] = {"avx2", "avxvnni"};
static constexpr StringLiteral i8mm[] = {"neon", "i8mm"};
static constexpr StringLiteral dotprod[] = {"neon", "dotprod"};
static constexpr StringLiteral neon[] = {"neon"};

static constexpr auto x86 = llvm::Triple::x86_64, arm = llvm::Triple::aarch64;

static constexpr ChannelProducts table[] = {
    {"vpdpbusd_512", x86, avx512Vnni, "llvm.x86.avx512.vpdpbusd.512", 64, 16, 4,
     false, false},
    {"vpdpbusd_256_evex", x86, avx512Vnni256, "llvm.x86.avx512.vpdpbusd.256",
     32, 16, 4, false, false},
    {"vpdpbusd_256_vex", x86, avxVnni, "llvm.x86.avx512.vpdpbusd.256", 32, 16,
     4, false, false},
    {"usdot", arm, i8mm, "llvm.aarch64.neon.usdot.v4i32.v16i8", 16, 16, 4,
     false, true},
    {"sdot", arm, dotprod, "llvm.aarch64.neon.sdot.v4i32.v16i8", 16, 16, 4,
     true, true},
    {"smlal", arm, neon, "llvm.aarch64.neon.smull.v4i32", 8, 8, 0, false, true},
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
  auto architecture = llvm::Triple(spec.triple).getArch();
  for (const ChannelProducts &row : table)
    if (row.architecture == architecture &&
        (!row.lines || lines <= row.lines) && channels >= row.narrowest &&
        llvm::all_of(row.features,
                     [&](StringLiteral f) { return spec.has(f); }))
      return &row;
  return nullptr;
}
