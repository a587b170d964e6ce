#ifndef QUANTIR_LOWER_PLACEBUFFERS_H
#define QUANTIR_LOWER_PLACEBUFFERS_H

#include "mlir/Support/LLVM.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>

namespace quantir {

/// Bytes that hold data from step `begin` to step `end`, both included, and
/// where they lie.
struct BufferLife {
  int64_t size, begin, end;
  int64_t offset = 0;
};

/// The largest sum of sizes alive at one step, which no placement is below;
/// nothing when it cannot be counted in 64 bits.
std::optional<int64_t> largestLiveSet(llvm::ArrayRef<BufferLife> buffers);

/// Chooses offsets such that buffers that live together do not overlap; the
/// same ones for the same buffers. Several orders are tried, then changes of
/// the best one, until the largest live set is reached or a bounded number of
/// attempts made.
/// \returns the size of all, or nothing when it leaves 64 bits.
std::optional<int64_t> placeBuffers(llvm::MutableArrayRef<BufferLife> buffers);

} // namespace quantir

#endif // QUANTIR_LOWER_PLACEBUFFERS_H
