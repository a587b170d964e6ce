#ifndef QUANTIR_TARGET_GPUTARGET_H
#define QUANTIR_TARGET_GPUTARGET_H

#include "quantir/Target/TargetSpec.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace quantir {

/// What a family of GPUs likes, as data; every kernel runs on every Vulkan 1.1
/// device whatever it says.
struct GpuTarget {
  llvm::StringLiteral name;
  /// Invocations of a workgroup: of what computes elements, and of a product's
  /// tiles, along columns and rows. Not above 128.
  int64_t elementThreads;
  int64_t productThreads[2];
  /// Of one invocation of a product: its rows and columns of the result.
  int64_t tileRows, tileColumns;
  /// Below so many, a device is not busy: invocations of a product then share
  /// sums.
  int64_t fewInvocations;
  /// Dot products in hardware are of signed and unsigned bytes, not of signed
  /// ones alone.
  bool mixesSigns;

  /// "generic", "mali" or "adreno"; else an error that names them.
  static llvm::Expected<const GpuTarget *> find(llvm::StringRef name);

  /// Of "vulkan" (for any family) or "vulkan:mali"; else an error that names
  /// the nearest of those, or says why programs for this processor have none.
  static llvm::Expected<const GpuTarget *> parse(llvm::StringRef text,
                                                 const TargetSpec &processor);
};

} // namespace quantir

#endif // QUANTIR_TARGET_GPUTARGET_H
