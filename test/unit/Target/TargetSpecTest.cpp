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
}

TEST(Levels, RefuseWhatCannotBeTold) {
  EXPECT_EQ(levels("x86_64-linux-gnu", "haswell,x86-64-v2,broadwell", "-avx2"),
            "--mcpu has 'haswell' and 'broadwell', which need the same of a "
            "processor; leave out one of them");
  EXPECT_EQ(levels("x86_64-linux-gnu", "haswell,,x86-64"),
            "--mcpu=haswell,,x86-64 has an empty name");
  EXPECT_EQ(levels("aarch64-linux-gnu", "dotprod,i8m"),
            "--mcpu=i8m is unknown; the nearest valid value is 'i8mm'");
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

TEST(TargetSpec, MakesMachinesForBothArchitectures) {
  for (const char *triple : {"x86_64-linux-gnu", "aarch64-linux-gnu"}) {
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
            "is 'aarch64-unknown-linux-gnu'");
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
