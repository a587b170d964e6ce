#include "quantir/Target/Processors.h"

#include "llvm/ADT/STLExtras.h"

using namespace quantir;
using llvm::ArrayRef;
using llvm::StringLiteral;
using llvm::StringRef;

// Rates that somebody measured (README.md says how); other figures are the
// makers'.
static constexpr TileRate zen5[] = {{"u8s8_vpdpbusd_512", 2},
                                    {"u8s8_vpdpbusd_256_evex", 2},
                                    {"u8s8_vpdpbusd_256_vex", 2},
                                    {"u8s8_vpmaddwd_512", 1.4},
                                    {"u8s8_vpmaddwd_256", 1.3},
                                    {"u8s8_portable", 0.16},
                                    {"f32", 2}};
static constexpr TileRate zen4[] = {
    {"u8s8_vpdpbusd_512", 1}, {"u8s8_vpdpbusd_256_evex", 2}, {"f32", 1}};
// Of the makers' optimization guides: dot products and multiply-adds of 128
// bits that start in a cycle.
static constexpr TileRate oneUnit[] = {{"u8s8_sdot", 1}, {"f32", 1}};
static constexpr TileRate twoUnits[] = {{"u8s8_sdot", 2}, {"f32", 2}};
static constexpr TileRate fourUnits[] = {
    {"u8s8_usmmla", 4}, {"u8s8_usdot", 4}, {"u8s8_sdot", 4}, {"f32", 4},
    {"bf16_bfmlal", 4}, {"bf16_fmla", 4},  {"f16_fmla", 4}};
static constexpr ArrayRef<TileRate> unknown;
// Of a processor that issues in order: a pair of vectors is in the only load
// unit for four cycles, and nothing passes it.
static constexpr StringLiteral noPairs = "+disable-ldp";

static constexpr int64_t KiB = 1024, MiB = 1024 * KiB;

static constexpr Processor table[] = {
    // name, caches, bandwidths, GHz, loads, latency, rates, tuning
    {"znver5", 48 * KiB, MiB, 4 * MiB, 64, 24, 3.75, 2, 4, zen5},
    {"znver4", 32 * KiB, MiB, 4 * MiB, 32, 22, 3.68, 1, 4, zen4},
    {"znver3", 32 * KiB, 512 * KiB, 4 * MiB, 32, 20, 3.4, 2, 4, unknown},
    {"haswell", 32 * KiB, 256 * KiB, 2 * MiB, 32, 10, 3, 2, 5, unknown},
    {"skylake", 32 * KiB, 256 * KiB, 2 * MiB, 32, 10, 3, 2, 4, unknown},
    {"skylake-avx512", 32 * KiB, MiB, 1408 * KiB, 48, 8, 2.5, 2, 4, unknown},
    {"cascadelake", 32 * KiB, MiB, 1408 * KiB, 48, 8, 2.5, 2, 5, unknown},
    {"icelake-server", 48 * KiB, 1280 * KiB, 1536 * KiB, 48, 8, 2.6, 2, 5,
     unknown},
    {"sapphirerapids", 48 * KiB, 2 * MiB, 1920 * KiB, 48, 8, 2.6, 2, 5,
     unknown},
    {"alderlake", 48 * KiB, 1280 * KiB, 3 * MiB, 48, 12, 4, 3, 5, unknown},
    {"cortex-a53", 32 * KiB, 256 * KiB, 0, 8, 4, 1.5, 0.5, 4, oneUnit},
    {"cortex-a55", 32 * KiB, 128 * KiB, 512 * KiB, 8, 4, 2, 0.5, 4, oneUnit,
     noPairs},
    {"cortex-a72", 32 * KiB, 512 * KiB, 0, 16, 8, 1.8, 1, 4, oneUnit},
    {"cortex-a76", 64 * KiB, 256 * KiB, MiB, 32, 8, 2.6, 2, 4, twoUnits},
    {"cortex-a78", 32 * KiB, 256 * KiB, MiB, 32, 8, 2.6, 2, 4, twoUnits},
    {"cortex-x1", 64 * KiB, MiB, MiB, 32, 8, 2.9, 3, 4, fourUnits},
    {"neoverse-n1", 64 * KiB, MiB, MiB, 32, 8, 2.5, 2, 4, twoUnits},
    {"neoverse-v1", 64 * KiB, MiB, MiB, 32, 8, 2.6, 3, 4, fourUnits},
    {"neoverse-v2", 64 * KiB, 2 * MiB, MiB, 32, 8, 2.8, 3, 4, fourUnits},
    {"apple-m1", 128 * KiB, 3 * MiB, 2 * MiB, 64, 32, 3.2, 3, 4, fourUnits},
};

// Of every processor that has none of its own: what a Zen 5 shows where that is
// not its width. Steps without a row are one.
static constexpr TileRate ordinary[] = {
    {"u8s8_vpmaddwd_512", 1.4}, {"u8s8_vpmaddwd_256", 1.3}, {"u8s8_smlal", 0.5},
    {"u8s8_smull", 0.4},        {"u8s8_portable", 0.16},    {"f32", 2},
    {"f32_without_fma", 0.07}};

static constexpr Processor others = {"", 32 * KiB, MiB, 2 * MiB, 32,
                                     8,  3,        2,   4,       {}};

double Processor::stepsPerCycle(StringRef tile) const {
  for (ArrayRef<TileRate> list : {rates, ArrayRef<TileRate>(ordinary)})
    for (const TileRate &rate : list)
      if (rate.tile == tile)
        return rate.steps;
  return 1;
}

ArrayRef<Processor> quantir::processors() { return table; }

const Processor &quantir::processorOf(const TargetSpec &spec) {
  const Processor *found = llvm::find_if(
      table, [&](const Processor &row) { return row.name == spec.cpu; });
  return found == std::end(table) ? others : *found;
}
