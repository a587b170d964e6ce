#include "quantir/Target/CheckedFeatures.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;
using namespace quantir;

static constexpr StringRef names[] = {
#define QUANTIR_FEATURE(name) name,
#include "quantir/Runtime/ProcessorFeatures.def"
};

std::string quantir::checkedFeatures(const TargetSpec &target) {
  if (!Triple(target.triple).isX86_64())
    return "";
  SmallVector<StringRef> needed;
  copy_if(names, std::back_inserter(needed),
          [&](StringRef name) { return target.has(name); });
  return join(needed, ",");
}
