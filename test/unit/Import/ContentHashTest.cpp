#include "quantir/Import/ContentHash.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include <gtest/gtest.h>

using namespace llvm;
using quantir::ContentHash;

TEST(ContentHash, IsThatOfTheStandard) {
  ContentHash hash;
  hash.add("abc");
  EXPECT_EQ(hash.hex(), "ba7816bf8f01cfea414140de5dae2223"
                        "b00361a396177a9cb410ff61f20015ad");
}

TEST(ContentHash, DoesNotDependOnThePartsItGets) {
  std::string text;
  for (unsigned size = 0; size != 200; ++size) {
    std::string wanted =
        toHex(SHA256::hash(arrayRefFromStringRef(text)), /*LowerCase=*/true);
    for (size_t cut : {size_t(0), text.size() / 3, text.size()}) {
      ContentHash hash;
      hash.add(StringRef(text).take_front(cut));
      hash.add(StringRef(text).drop_front(cut));
      EXPECT_EQ(hash.hex(), wanted) << size << " bytes cut at " << cut;
    }
    text.push_back(char(size * 37 + 200));
  }
}
