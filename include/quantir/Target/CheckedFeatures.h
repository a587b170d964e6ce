#ifndef QUANTIR_TARGET_CHECKEDFEATURES_H
#define QUANTIR_TARGET_CHECKEDFEATURES_H

#include "quantir/Runtime/Processor.h"
#include "quantir/Target/TargetSpec.h"
#include <array>
#include <string>

namespace quantir {

/// What a loader asks the processor before it runs code for `target`: the
/// features, comma-separated, that LLVM uses unasked and that not every
/// processor of the architecture has. Empty for architectures other than x86-64
/// and AArch64.
std::string checkedFeatures(const TargetSpec &target);

/// The bits that `quantir_read_processor` finds where a processor has all of
/// `features`, which are written as above, for code for `target`.
std::array<uint32_t, QUANTIR_PROCESSOR_WORDS>
processorWords(const TargetSpec &target, llvm::StringRef features);

} // namespace quantir

#endif // QUANTIR_TARGET_CHECKEDFEATURES_H
