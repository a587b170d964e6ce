#ifndef QUANTIR_FUSE_ATTENTIONINWORDS_H
#define QUANTIR_FUSE_ATTENTIONINWORDS_H

#include "quantir/Fuse/Attention.h"

namespace quantir {

/// Matrices of bytes, of which each row is whole words of four neighbours.
/// Offsets and strides count words.
struct MatricesInWords {
  mlir::Value source; ///< whose rows of the last dimension are whole words too
  int64_t base, rowStride;
  StridedView::Dim matrices; ///< where each begins
};

/// A right operand: `byDepth` has its columns as rows, of what is summed up.
struct RightInWords : MatricesInWords {
  bool byDepth;
};

/// The operands of an attention whose kernel reads and writes words alone.
struct AttentionInWords {
  /// The longest row of scores that a workgroup's memory holds beside others.
  static constexpr int64_t kMostKeys = 1024;

  MatricesInWords query;
  RightInWords keys, values;

  /// The same of `attention`; nothing, with `reason` set, where its bytes lie
  /// in another way or its rows are longer.
  /// \param mayCross  see `followMoves`.
  static std::optional<AttentionInWords>
  of(const Attention &attention,
     llvm::function_ref<bool(mlir::Operation *)> mayCross,
     llvm::StringRef &reason);
};

} // namespace quantir

#endif // QUANTIR_FUSE_ATTENTIONINWORDS_H
