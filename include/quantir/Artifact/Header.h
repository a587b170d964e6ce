#ifndef QUANTIR_ARTIFACT_HEADER_H
#define QUANTIR_ARTIFACT_HEADER_H

#include "quantir/Artifact/ArtifactDescription.h"
#include "quantir/Target/TargetSpec.h"
#include <string>

namespace quantir {

/// The text of NAME.h: complete in itself, and fit to be included together
/// with the headers of other models. Its first comment lists inputs and
/// outputs and shows a call.
std::string makeHeader(const ArtifactDescription &description,
                       const TargetSpec &target);

} // namespace quantir

#endif // QUANTIR_ARTIFACT_HEADER_H
