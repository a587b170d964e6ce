#ifndef QUANTIR_GPU_GPULIMITS_H
#define QUANTIR_GPU_GPULIMITS_H

#include <cstdint>

namespace quantir {

/// What every Vulkan device binds in one piece, in bytes
/// (maxStorageBufferRange), and at multiples of what
/// (minStorageBufferOffsetAlignment).
inline constexpr int64_t kLargestBinding = int64_t(1) << 27;
inline constexpr int64_t kBindingAlignment = 256;

/// How many workgroups every device runs along a dimension, how many
/// invocations one may have and how many bytes they may share.
inline constexpr int64_t kMostGroups = 65535;
inline constexpr int64_t kMostInvocations = 128;
inline constexpr int64_t kMostShared = 16 << 10;

/// How many buffers the GPUs of phones bind to a kernel (Adreno: 24).
inline constexpr int64_t kMostBindings = 24;

/// Elements are counted in 32 bits with a sign, and positions may be computed a
/// little beyond the last: a buffer has no more bytes than that.
inline constexpr int64_t kLargestBuffer = (int64_t(1) << 31) - (1 << 20);

/// What a dispatch must keep to; less than devices can, for tests.
struct DispatchLimits {
  int64_t largestBinding = kLargestBinding; ///< a multiple of the alignment
  int64_t mostGroups = kMostGroups;         ///< along a dimension
};

} // namespace quantir

#endif // QUANTIR_GPU_GPULIMITS_H
