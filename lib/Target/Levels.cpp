#include "quantir/Target/Levels.h"

#include "quantir/Target/CheckedFeatures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

// Processors with AMX have all that its row names.
static constexpr LevelName names[] = {
    {"avxvnni", "x86_64", "x86-64-v3", "+avxvnni"},
    {"avx512vnni", "x86_64", "x86-64-v4", "+avx512vnni"},
    {"amx", "x86_64", "x86-64-v4",
     "+avx512vnni,+avx512vbmi,+avx512vbmi2,+avx512bf16,+amx-tile,+amx-int8"},
    {"dotprod", "aarch64", "generic", "+dotprod"},
    {"i8mm", "aarch64", "generic", "+dotprod,+i8mm"},
};

ArrayRef<LevelName> quantir::levelNames() { return names; }

using Words = std::array<uint32_t, QUANTIR_PROCESSOR_WORDS>;

/// What code for `target` may need.
static Words wordsOf(const TargetSpec &target) {
  std::string features = checkedFeatures(target);
  for (StringRef tiles : {"amx-tile", "amx-int8"})
    if (target.has(tiles))
      features += ("," + tiles).str();
  return processorWords(target, features);
}

/// Whether `b` needs all that `a` does.
static bool covers(const Words &b, const Words &a) {
  return all_of(zip(b, a), [](auto pair) {
    return (std::get<1>(pair) & ~std::get<0>(pair)) == 0;
  });
}

static Error checkLevels(ArrayRef<TargetSpec> levels) {
  constexpr size_t most = 8;
  if (levels.size() > most)
    return createStringError(
        formatv("--mcpu has {0} processors, and an artifact at most {1}",
                levels.size(), most)
            .str());
  Triple triple(levels[0].triple);
  if (!triple.isX86_64() && triple.getArch() != Triple::aarch64)
    return createStringError(
        formatv("--mcpu takes one processor for --target={0}: code cannot ask "
                "there what the processor has",
                levels[0].triple)
            .str());
  return Error::success();
}

Expected<std::vector<TargetSpec>> quantir::resolveLevels(StringRef triple,
                                                         StringRef cpus,
                                                         StringRef attributes,
                                                         unsigned optLevel) {
  SmallVector<StringRef> list;
  cpus.split(list, ',');
  std::vector<TargetSpec> levels;
  for (StringRef cpu : list) {
    if (cpu.empty() && list.size() > 1)
      return createStringError("--mcpu=" + cpus + " has an empty name");
    Expected<TargetSpec> level =
        TargetSpec::resolve(triple, cpu, attributes, optLevel);
    if (!level)
      return level.takeError();
    levels.push_back(std::move(*level));
  }
  if (levels.size() == 1)
    return levels;
  if (Error error = checkLevels(levels))
    return error;
  std::vector<Words> needs;
  for (size_t i = 0; i < levels.size();) {
    Words words = wordsOf(levels[i]);
    if (is_contained(needs, words)) {
      levels.erase(levels.begin() + i); // nothing could tell when to take it
      continue;
    }
    needs.push_back(words);
    ++i;
  }
  // What needs least of those that are left, the first of several.
  std::vector<TargetSpec> ordered;
  while (!levels.empty()) {
    size_t next = 0;
    auto needsLess = [&](size_t i) {
      return i != next && covers(needs[next], needs[i]);
    };
    while (any_of(seq(levels.size()), needsLess))
      ++next;
    ordered.push_back(std::move(levels[next]));
    levels.erase(levels.begin() + next);
    needs.erase(needs.begin() + next);
  }
  if (ordered.size() > 1 && ordered.front().has("amx-tile"))
    return createStringError(
        formatv("--mcpu={0} has '{1}' as its last resort, whose AMX programs "
                "may be denied; add what needs less, such as 'avx512vnni'",
                cpus, ordered.front().name)
            .str());
  return ordered;
}
