#include "quantir/Target/TargetSpec.h"
#include "quantir/Target/CheckedFeatures.h"
#include "quantir/Target/Levels.h"

#include "llvm/Target/TargetMachine.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace quantir;

static std::string messageOf(Expected<TargetSpec> spec) {
  return spec ? "no error" : toString(spec.takeError());
}

TEST(TargetSpec, HostIsNamed) {
  Expected<TargetSpec> spec = TargetSpec::host();
  ASSERT_TRUE(bool(spec));
  EXPECT_FALSE(spec->cpu.empty());
  EXPECT_NE(spec->cpu, "host");
  EXPECT_EQ(spec->optLevel, 2u);
}

TEST(TargetSpec, NamedProcessorHasOnlyItsOwnFeatures) {
  Expected<TargetSpec> spec =
      TargetSpec::resolve("x86_64-linux-gnu", "haswell", "", 2);
  ASSERT_TRUE(bool(spec));
  EXPECT_EQ(spec->triple, "x86_64-unknown-linux-gnu");
  EXPECT_EQ(spec->features, "");
  EXPECT_TRUE(spec->has("avx2"));
  EXPECT_TRUE(spec->has("fma"));
  EXPECT_FALSE(spec->has("avx512f"));
}

TEST(TargetSpec, AttributesEditAndImply) {
  Expected<TargetSpec> spec =
      TargetSpec::resolve("x86_64-linux-gnu", "x86-64", "+avx512vnni,-bmi2", 2);
  ASSERT_TRUE(bool(spec));
  EXPECT_TRUE(spec->has("avx512f"));
  EXPECT_TRUE(spec->has("avx2"));
  EXPECT_TRUE(spec->has("avx512vnni"));
  EXPECT_FALSE(spec->has("bmi2"));
}

TEST(TargetSpec, TakingAFeatureTakesWhatNeedsIt) {
  Expected<TargetSpec> spec =
      TargetSpec::resolve("x86_64-linux-gnu", "icelake-server", "-avx512f", 2);
  ASSERT_TRUE(bool(spec));
  EXPECT_FALSE(spec->has("avx512vnni"));
  EXPECT_TRUE(spec->has("avx2"));
}

TEST(CheckedFeatures, AreThoseThatTheCodeMayUse) {
  auto of = [](StringRef triple, StringRef cpu, StringRef attributes) {
    return checkedFeatures(
        cantFail(TargetSpec::resolve(triple, cpu, attributes, 2)));
  };
  EXPECT_EQ(of("x86_64-linux-gnu", "x86-64", ""), "");
  EXPECT_EQ(of("x86_64-linux-gnu", "haswell", ""),
            "sse3,ssse3,sse4.1,sse4.2,popcnt,avx,avx2,bmi,bmi2,fma,f16c,lzcnt,"
            "movbe");
  EXPECT_EQ(of("x86_64-linux-gnu", "x86-64", "+avx"),
            "sse3,ssse3,sse4.1,sse4.2,avx");
  EXPECT_EQ(of("x86_64-linux-gnu", "amx", "").find("amx"), std::string::npos);
  EXPECT_EQ(of("aarch64-linux-gnu", "", ""), "");
  EXPECT_EQ(of("aarch64-linux-gnu", "cortex-a76", ""),
            "lse,fullfp16,rdm,rcpc,dotprod");
}

TEST(ProcessorWords, HaveTheBitsOfFeatures) {
  auto of = [](StringRef triple, StringRef features) {
    auto words = processorWords(
        cantFail(TargetSpec::resolve(triple, "", "", 2)), features);
    return std::vector<uint32_t>(words.begin(), words.end());
  };
  EXPECT_EQ(of("x86_64-linux-gnu", "sse3,avx2"),
            (std::vector<uint32_t>{1, 1 << 5, 0, 0, 0, 0, 6, 0}));
  EXPECT_EQ(of("aarch64-linux-gnu", "dotprod,i8mm,cssc"),
            (std::vector<uint32_t>{1 << 20, 1 << 13, 4, 0, 0, 0, 0, 0}));
}

/// Their names, or the error.
static std::string levels(StringRef triple, StringRef cpus,
                          StringRef attributes = "") {
  auto resolved = resolveLevels(triple, cpus, attributes, 2);
  if (!resolved)
    return toString(resolved.takeError());
  std::string names;
  for (const TargetSpec &level : *resolved)
    names += level.name + " ";
  return names;
}

TEST(Levels, AreOrderedByWhatTheyNeed) {
  const char *x86 = "x86_64-linux-gnu", *arm = "aarch64-linux-gnu";
  EXPECT_EQ(levels(x86, "avx512vnni,x86-64-v3,amx,x86-64-v2"),
            "x86-64-v2 x86-64-v3 avx512vnni amx ");
  EXPECT_EQ(levels(arm, "neoverse-v1,cortex-a76,cortex-a53"),
            "cortex-a53 cortex-a76 neoverse-v1 ");
  EXPECT_EQ(levels(arm, "i8mm,dotprod,generic"), "generic dotprod i8mm ");
  // Neither has all that the other needs: the later is the better.
  EXPECT_EQ(levels(x86, "avxvnni,x86-64-v4,x86-64-v3"),
            "x86-64-v3 avxvnni x86-64-v4 ");
  EXPECT_EQ(levels(x86, "x86-64-v4,avxvnni,x86-64-v3"),
            "x86-64-v3 x86-64-v4 avxvnni ");
  EXPECT_EQ(levels(x86, "haswell"), "haswell ");
  // Code could not tell these from each other: the first is for both.
  EXPECT_EQ(levels(arm, "neoverse-v1,cortex-a55,cortex-a76"),
            "cortex-a55 neoverse-v1 ");
}

TEST(Levels, RefuseWhatCannotBeTold) {
  EXPECT_EQ(levels("x86_64-linux-gnu", "haswell,,x86-64"),
            "--mcpu=haswell,,x86-64 has an empty name");
  EXPECT_EQ(levels("aarch64-linux-gnu", "dotprod,i8m"),
            "--mcpu=i8m is unknown; the nearest valid value is 'i8mm'");
  EXPECT_EQ(levels("x86_64-linux-gnu", "graniterapids,amx"),
            "--mcpu=graniterapids,amx has 'amx' as its last resort, whose AMX "
            "programs may be denied; add what needs less, such as "
            "'avx512vnni'");
}

TEST(TargetSpec, OnlyLinuxHasAmx) {
  auto hasTiles = [](StringRef triple) {
    return cantFail(TargetSpec::resolve(triple, "sapphirerapids", "", 2))
        .has("amx-tile");
  };
  EXPECT_TRUE(hasTiles("x86_64-linux-gnu"));
  EXPECT_FALSE(hasTiles("x86_64-pc-windows-msvc"));
  EXPECT_FALSE(hasTiles("x86_64-apple-macosx"));
  const char *message =
      "--target=x86_64-pc-windows-msvc has no AMX: only Linux gives programs "
      "its registers; name another processor, such as 'avx512vnni'";
  EXPECT_EQ(levels("x86_64-pc-windows-msvc", "amx"), message);
  EXPECT_EQ(levels("x86_64-pc-windows-msvc", "x86-64-v4", "+amx-int8"),
            message);
}

TEST(TargetSpec, UnknownFeatureIsNotThere) {
  Expected<TargetSpec> spec = TargetSpec::host();
  ASSERT_TRUE(bool(spec));
  EXPECT_FALSE(spec->has("no-such-feature"));
}

TEST(TargetSpec, OtherArchitectureStartsAtItsOldest) {
  Expected<TargetSpec> spec =
      TargetSpec::resolve("aarch64-linux-gnu", "", "+dotprod", 3);
  ASSERT_TRUE(bool(spec));
  EXPECT_EQ(spec->cpu, "generic");
  EXPECT_TRUE(spec->has("neon"));
  EXPECT_TRUE(spec->has("dotprod"));
  EXPECT_FALSE(spec->has("i8mm"));
}

namespace {
struct System {
  const char *asked, *triple, *cpu;
};
} // namespace

TEST(TargetSpec, UnderstandsTriplesAsClangDoes) {
  for (auto [asked, triple, cpu] :
       {System{"aarch64-linux-gnu", "aarch64-unknown-linux-gnu", "generic"},
        {"aarch64-linux-android", "aarch64-unknown-linux-android24", "generic"},
        {"aarch64-linux-android21", "aarch64-unknown-linux-android21",
         "generic"},
        {"x86_64-linux-android", "x86_64-unknown-linux-android24", "x86-64-v2"},
        {"arm64-apple-ios", "arm64-apple-ios16.0", "apple-a11"},
        {"arm64-apple-ios17.1", "arm64-apple-ios17.1", "apple-a11"},
        {"arm64-apple-macos", "arm64-apple-macos11.0", "apple-m1"},
        {"x86_64-apple-macos", "x86_64-apple-macos10.13", "penryn"},
        {"aarch64-windows", "aarch64-unknown-windows-msvc", "generic"},
        {"x86_64-pc-windows-msvc", "x86_64-pc-windows-msvc", "x86-64"},
        {"riscv64-linux-gnu", "riscv64-unknown-linux-gnu", "generic-rv64"},
        {"armv7-linux-gnueabihf", "armv7-unknown-linux-gnueabihf", "cortex-a7"},
        {"armv7a-linux-androideabi", "armv7a-unknown-linux-android24",
         "cortex-a7"},
        {"wasm32", "wasm32-unknown-unknown", "generic"},
        {"wasm32-wasi", "wasm32-unknown-wasi", "generic"}}) {
    TargetSpec spec = cantFail(TargetSpec::resolve(asked, "", "", 2));
    EXPECT_EQ(spec.triple, triple);
    EXPECT_EQ(spec.cpu, cpu) << asked;
    TargetSpec again =
        cantFail(TargetSpec::resolve(spec.triple, spec.cpu, spec.features, 2));
    EXPECT_EQ(again.triple, spec.triple);
    EXPECT_EQ(again.features, spec.features);
  }
}

TEST(TargetSpec, FloatsOfArmv7StayOutOfNeon) {
  TargetSpec spec = cantFail(
      TargetSpec::resolve("armv7-linux-gnueabihf", "cortex-a15", "", 2));
  EXPECT_FALSE(spec.has("neon"));
  EXPECT_TRUE(spec.has("vfp4d16sp"));
}

TEST(TargetSpec, RefusesSystemsThatItMakesNoCodeFor) {
  for (const char *triple :
       {"armv6-linux-gnueabihf", "riscv64-windows", "i686-linux-gnu",
        "aarch64_be-linux-gnu", "x86_64-linux-gnux32", "arm64-apple-watchos"})
    EXPECT_NE(messageOf(TargetSpec::resolve(triple, "", "", 2))
                  .find("is unknown; the nearest valid value is"),
              std::string::npos)
        << triple;
}

TEST(TargetSpec, MakesMachinesForEveryArchitecture) {
  for (const char *triple : {"x86_64-linux-gnu", "aarch64-linux-gnu",
                             "riscv64-linux-gnu", "armv7-linux-gnueabihf"}) {
    Expected<TargetSpec> spec = TargetSpec::resolve(triple, "", "", 2);
    ASSERT_TRUE(bool(spec));
    Expected<std::unique_ptr<TargetMachine>> machine =
        spec->createTargetMachine();
    ASSERT_TRUE(bool(machine));
    EXPECT_TRUE((*machine)->isPositionIndependent());
  }
}

TEST(TargetSpec, WrongValuesNameTheNearest) {
  EXPECT_EQ(messageOf(TargetSpec::resolve("x86_64-linux-gnu", "haswel", "", 2)),
            "--mcpu=haswel is unknown; the nearest valid value is 'haswell'");
  EXPECT_EQ(messageOf(TargetSpec::resolve("x86_64-linux-gnu", "x86-64",
                                          "+avx512vni", 2)),
            "--mattr=+avx512vni is unknown; the nearest valid value is "
            "'avx512vnni'");
  EXPECT_EQ(
      messageOf(TargetSpec::resolve("x86_64-linux-gnu", "x86-64", "avx2", 2)),
      "--mattr=avx2 has neither sign; write +avx2 or -avx2");
  EXPECT_EQ(messageOf(TargetSpec::resolve("aarch65-linux-gnu", "", "", 2)),
            "--target=aarch65-linux-gnu is unknown; the nearest valid value "
            "is 'aarch64-linux-gnu'");
  EXPECT_EQ(messageOf(TargetSpec::resolve("x86_64-linux-gnu", "i486", "", 2)),
            "--mcpu=i486 is not a 64-bit processor; the oldest is 'x86-64'");
  EXPECT_EQ(messageOf(TargetSpec::resolve("", "", "", 4)),
            "-O4 is unknown; the nearest valid value is '-O3'");
}

TEST(TargetSpec, HostIsRefusedForAnotherArchitecture) {
  bool isArm = StringRef(TargetSpec::host()->triple).starts_with("aarch64");
  EXPECT_NE(messageOf(TargetSpec::resolve(isArm ? "x86_64-linux-gnu"
                                                : "aarch64-linux-gnu",
                                          "host", "", 2))
                .find("--mcpu=host is not a processor of --target="),
            std::string::npos);
}
