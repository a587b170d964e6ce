#include "quantir/Target/Tuning.h"
#include "quantir/Target/Processors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace quantir;

static TargetSpec specOf(StringRef cpu) {
  return cantFail(TargetSpec::resolve("x86_64-linux-gnu", cpu, "", 2));
}

static constexpr StringLiteral kProduct =
    "u8s8_vpdpbusd_512 batches=1 rights=1 lines=1 rows=64 stride=32 "
    "depth=1x1x32 columns=48";

static std::string fileWith(StringRef tile, StringRef contraction = kProduct,
                            StringRef cpu = "znver4") {
  Tuning tuning;
  tuning.add(specOf(cpu), {{contraction.str(), {*TileChoice::parse(tile)}}});
  return tuning.text();
}

static std::string refusalOf(StringRef text) {
  Expected<Tuning> tuning = Tuning::parse(text, "f.json");
  return tuning ? "none" : toString(tuning.takeError());
}

static std::string refusalFor(StringRef text, StringRef cpu) {
  auto choices =
      cantFail(Tuning::parse(text, "f.json")).choicesFor(specOf(cpu), "f.json");
  return choices ? "none" : toString(choices.takeError());
}

TEST(Processors, EveryRowIsAProcessorAndItsRatesAreTiles) {
  for (const Processor &row : processors()) {
    auto spec = TargetSpec::resolve("x86_64-linux-gnu", row.name, "", 2);
    if (!spec) {
      consumeError(spec.takeError());
      spec = TargetSpec::resolve("aarch64-linux-gnu", row.name, "", 2);
    }
    ASSERT_TRUE(bool(spec)) << row.name.str();
    EXPECT_EQ(&processorOf(*spec), &row);
    EXPECT_LT(row.firstCache, row.secondCache);
    for (const TileRate &rate : row.rates)
      EXPECT_TRUE(rate.tile == "f32" || any_of(innerTiles(),
                                               [&](const InnerTile &tile) {
                                                 return tile.name == rate.tile;
                                               }))
          << rate.tile.str();
  }
}

TEST(InnerTiles, NamesOfFeaturesAreTheirArchitectures) {
  TargetSpec armv7 =
      cantFail(TargetSpec::resolve("armv7-linux-gnueabihf", "", "+neon", 2));
  ASSERT_TRUE(armv7.has("neon"));
  for (TileNumbers numbers :
       {TileNumbers::Codes, TileNumbers::Bf16, TileNumbers::F16})
    EXPECT_TRUE(selectInnerTile(armv7, numbers, {true, true})
                    .name.ends_with("_portable"));
}

TEST(Processors, OthersDoOneStepACycle) {
  const Processor &others = processorOf(specOf("x86-64-v4"));
  EXPECT_TRUE(others.name.empty());
  EXPECT_EQ(others.stepsPerCycle("u8s8_vpdpbusd_512"), 1);
}

TEST(TileChoice, ReadsWhatItWrites) {
  for (TileChoice choice : {TileChoice{6, 4}, TileChoice{1, 8, true}})
    EXPECT_EQ(TileChoice::parse(choice.text()), choice);
  for (StringRef text :
       {"", "6", "6x", "0x4", "6x-4", "6x4x2", "6x4 rows", "99999999999999x1"})
    EXPECT_FALSE(TileChoice::parse(text)) << text.str();
}

TEST(ContractionKey, ReadsWhatItWrites) {
  ContractionKey key{"f32", 2, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(key.text(), "f32 batches=2 rights=3 lines=4 rows=5 stride=6 "
                        "depth=7x8x9 columns=10");
  EXPECT_EQ(ContractionKey::parse(key.text()), key);
  EXPECT_EQ(ContractionKey::parse(kProduct)->text(), kProduct);
  EXPECT_FALSE(ContractionKey::parse("f32 batches=2"));
  EXPECT_FALSE(ContractionKey::parse((kProduct + " more").str()));
}

TEST(Tuning, ReadsWhatItWrites) {
  Tuning tuning;
  tuning.add(specOf("znver4"), {{kProduct.str(), {{6, 4}, 120, 130}}});
  tuning.add(specOf("haswell"), {});
  // Newer choices replace older ones.
  tuning.add(specOf("znver4"), {{kProduct.str(), {{14, 2, true}, 110, 130}}});
  Tuning again = cantFail(Tuning::parse(tuning.text(), "f.json"));
  EXPECT_EQ(again.text(), tuning.text());
  const TunedTarget *target = again.find(specOf("znver4"));
  ASSERT_TRUE(target);
  TunedTile expected{{14, 2, true}, 110, 130};
  EXPECT_EQ(target->tiles.at(kProduct.str()), expected);
  EXPECT_FALSE(again.find(specOf("znver5")));
}

TEST(Tuning, RefusesWhatIsNoSuchFile) {
  auto with = [](StringRef from, StringRef to) {
    std::string text = fileWith("6x3");
    size_t at = text.find(from);
    return text.replace(at, from.size(), to);
  };
  std::pair<std::string, StringRef> cases[] = {
      {"", "f.json"},
      {"[1, 2", "f.json"},
      {std::string(200000, '['), "nested too deeply"},
      {"{}", "no 'quantir_tuning'"},
      {with("\"quantir_tuning\": 1", "\"quantir_tuning\": 7"), "version 7"},
      {with("targets", "target"), "unknown key 'target'"},
      {with("\"tile\"", "\"tiel\""), "entry 1 of znver4 has an unknown key"},
      {with("6x3", "6 by 3"), "'6 by 3' is no tile"},
      {with("columns=48", "columns=-1"), "names no contraction"},
      {with("\"6x3\"", "\"6x3\", \"nanoseconds\": -5"), "is no time"}};
  for (auto &[text, part] : cases) {
    std::string refusal = refusalOf(text);
    EXPECT_NE(refusal.find(part), std::string::npos) << refusal;
    EXPECT_NE(refusal.find("'f.json'"), std::string::npos) << refusal;
    EXPECT_NE(refusal.find("--tune=f.json"), std::string::npos) << refusal;
  }
  EXPECT_EQ(refusalOf(fileWith("6x3")), "none");
}

TEST(Tuning, RefusesTilesThatTheTargetCannotHave) {
  EXPECT_EQ(refusalFor(fileWith("9x3"), "znver4"), "none");
  std::tuple<StringRef, std::string, StringRef> cases[] = {
      {"10x3", fileWith("10x3"), "it needs 33 registers of 31"},
      {"6x4", fileWith("6x4"), "4 vectors are more than the 3 that there are"},
      {"999999x1", fileWith("999999x1"), "999999 rows are more than the 24"},
  };
  for (auto &[tile, text, reason] : cases) {
    std::string refusal = refusalFor(text, "znver4");
    for (StringRef part : {StringRef("'f.json'"), tile, StringRef(kProduct),
                           reason, StringRef("--tune=f.json")})
      EXPECT_NE(refusal.find(part), std::string::npos) << refusal;
  }
  std::string foreign = fileWith("6x3", kProduct, "haswell");
  EXPECT_NE(refusalFor(foreign, "haswell").find("lacks what"),
            std::string::npos);
  EXPECT_NE(refusalFor(foreign, "znver4").find("only for: haswell"),
            std::string::npos);
}
