#include "quantir/Target/ProcessorNeeds.h"

#include "llvm/ADT/STLExtras.h"

using namespace quantir;

bool ProcessorNeeds::areMetBy(const TargetSpec &spec) const {
  bool isThere = architecture == llvm::Triple::UnknownArch ||
                 architecture == llvm::Triple(spec.triple).getArch();
  return isThere && llvm::all_of(features, [&](llvm::StringLiteral feature) {
           return spec.has(feature);
         });
}
