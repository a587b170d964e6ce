#ifndef QUANTIR_TARGET_CHANNELPRODUCTS_H
#define QUANTIR_TARGET_CHANNELPRODUCTS_H

#include "quantir/Target/ProcessorNeeds.h"

namespace quantir {

/// One way to multiply the codes of each channel by weights of its own, which
/// depthwise convolutions do. All give the same sums.
struct ChannelProducts {
  llvm::StringLiteral name;
  ProcessorNeeds needs;
  /// Of a register's step: acc + four products of a lane, u8 by s8; or, when
  /// the lines are not limited, a product of s16 in each lane.
  llvm::StringLiteral intrinsic;
  /// Channels of the widest and of the narrowest block that is computed at a
  /// time.
  unsigned widest, narrowest;
  /// Lines of a filter that one product serves, or 0: any number, one each.
  unsigned lines;
  /// Codes are multiplied as signed numbers, less 128.
  bool signedCodes;
  /// Windows beside one another are computed in one turn of their loop, so that
  /// the columns that they share need not move between registers.
  bool unrolls;

  /// The intrinsic on vectors of `bytes` codes, at most `widest`.
  std::string intrinsicOf(unsigned bytes) const;
};

/// The best row for a filter of `lines` lines and so many channels, or null.
const ChannelProducts *selectChannelProducts(const TargetSpec &spec,
                                             int64_t lines, int64_t channels);

} // namespace quantir

#endif // QUANTIR_TARGET_CHANNELPRODUCTS_H
