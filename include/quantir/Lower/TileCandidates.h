#ifndef QUANTIR_LOWER_TILECANDIDATES_H
#define QUANTIR_LOWER_TILECANDIDATES_H

#include "quantir/Target/TileChoice.h"
#include <vector>

namespace quantir {

/// The tiles of a contraction that are worth timing, the cost model's own
/// choice first, then from cheap to dear by its figures.
std::vector<TileChoice> tileCandidates(const ContractionKey &key,
                                       const TargetSpec &spec);

} // namespace quantir

#endif // QUANTIR_LOWER_TILECANDIDATES_H
