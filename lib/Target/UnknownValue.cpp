#include "UnknownValue.h"

#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace quantir;

Error quantir::unknownValue(StringRef flag, StringRef value,
                            ArrayRef<StringRef> valid) {
  StringRef nearest;
  unsigned best = ~0u;
  for (StringRef candidate : valid)
    if (unsigned distance = value.edit_distance(candidate); distance < best) {
      best = distance;
      nearest = candidate;
    }
  return createStringError(
      formatv("{0}={1} is unknown; the nearest valid value is '{2}'", flag,
              value, nearest)
          .str());
}
