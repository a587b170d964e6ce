#include "quantir/Gpu/PackWords.h"

#include "llvm/Support/LEB128.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantir;

/// What resolves relative references, of Artifact.h.
static constexpr uint32_t kMagic = 0x07230203, kHeaderWords = 5, kNear = 64,
                          kBackwards = 48;

/// Words equal to earlier ones are looked for by so many at once, and in so
/// many places.
static constexpr size_t kKey = 3, kPlaces = 64;

uint32_t ProgramCode::add(const std::vector<uint32_t> &module) {
  auto [place, isNew] = places.try_emplace(module, words.size());
  if (isNew)
    words.insert(words.end(), module.begin(), module.end());
  return place->second;
}

/// Makes near references relative: code that was moved then looks the same.
static std::vector<uint32_t> makeRelative(ArrayRef<uint32_t> words) {
  std::vector<uint32_t> made = words;
  uint32_t last = 0;
  for (size_t at = 0; at < words.size();) {
    uint32_t head = words[at++];
    if (head == kMagic) {
      at += kHeaderWords - 1;
      last = 0;
      continue;
    }
    for (uint32_t i = 1; i < head >> 16 && at < words.size(); ++i, ++at) {
      uint32_t low = last - kBackwards <= INT32_MAX ? last - kBackwards : 0;
      if (words[at] - low < kNear)
        made[at] = words[at] - low;
      else if (words[at] < low)
        made[at] = words[at] + kNear;
      if (i == 2)
        last = words[at];
    }
  }
  return made;
}

namespace {
/// Words that stand `distance` before as well.
struct Match {
  size_t length = 0, distance = 0;
  int64_t gain = 0; ///< bits, about
};

class Packer {
public:
  explicit Packer(ArrayRef<uint32_t> words)
      : words(words), newest(size_t(1) << kHashBits, kNone),
        older(words.size()) {}

  std::vector<uint8_t> pack() {
    for (size_t at = 0; at < words.size();) {
      Match match = findMatch(at);
      // One that begins a word later may be worth more than it loses.
      if (match.gain > 0 && findMatch(at + 1).gain > match.gain + kByte)
        match.gain = 0;
      if (match.gain <= 0) {
        ++at;
        continue;
      }
      put(at, match);
      at += match.length;
      firstLiteral = at;
    }
    if (firstLiteral < words.size())
      put(words.size(), {0, distance, 0});
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  }

private:
  static constexpr int64_t kByte = 8, kWord = 16; ///< bits, on average
  static constexpr unsigned kHashBits = 18;
  static constexpr size_t kNone = ~size_t(0);

  size_t keyAt(size_t at) const {
    uint64_t key = 0;
    for (uint32_t word : words.slice(at, kKey))
      key = (key ^ word) * 0x9E3779B97F4A7C15ull ^ key >> 29;
    return key >> (64 - kHashBits);
  }

  /// Makes the words before `end` known.
  void enter(size_t end) {
    for (; entered < end && entered + kKey <= words.size(); ++entered) {
      size_t &place = newest[keyAt(entered)];
      older[entered] = place;
      place = entered;
    }
  }

  void consider(size_t at, size_t from, Match &best) const {
    size_t length = 0;
    while (at + length < words.size() &&
           words[at + length] == words[from + length])
      ++length;
    int64_t gain = int64_t(length) * kWord - kByte;
    if (at - from != distance)
      gain -= kByte * getULEB128Size(at - from);
    if (length > 0 && gain > best.gain)
      best = {length, at - from, gain};
  }

  Match findMatch(size_t at) {
    enter(at);
    Match best;
    if (distance > 0)
      consider(at, at - distance, best);
    if (at + kKey > words.size())
      return best;
    size_t from = newest[keyAt(at)];
    for (size_t i = 0; i < kPlaces && from != kNone; ++i, from = older[from])
      consider(at, from, best);
    return best;
  }

  /// Writes the literals up to `end` and the match behind them.
  void put(size_t end, const Match &match) {
    size_t literals = end - firstLiteral;
    bool isSame = match.distance == distance;
    encodeULEB128(match.length << 3 | size_t(isSame) << 2 |
                      std::min<size_t>(literals, 3),
                  os);
    if (literals >= 3)
      encodeULEB128(literals - 3, os);
    for (uint32_t word : words.slice(firstLiteral, literals))
      encodeULEB128(word, os);
    if (!isSame)
      encodeULEB128(match.distance, os);
    distance = match.distance;
  }

  ArrayRef<uint32_t> words;
  /// By key the last place that has it, and by place the one before.
  std::vector<size_t> newest, older;
  size_t entered = 0, firstLiteral = 0, distance = 0;
  std::string bytes;
  raw_string_ostream os{bytes};
};
} // namespace

std::vector<uint8_t> quantir::packWords(ArrayRef<uint32_t> words) {
  return Packer(makeRelative(words)).pack();
}
