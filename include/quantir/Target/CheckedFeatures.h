#ifndef QUANTIR_TARGET_CHECKEDFEATURES_H
#define QUANTIR_TARGET_CHECKEDFEATURES_H

#include "quantir/Target/TargetSpec.h"
#include <string>

namespace quantir {

/// What a loader asks the processor before it runs code for `target`: the
/// features, comma-separated, that LLVM uses unasked and that not every x86-64
/// processor has. Empty for other architectures.
std::string checkedFeatures(const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_TARGET_CHECKEDFEATURES_H
