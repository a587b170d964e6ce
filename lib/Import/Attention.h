#ifndef QUANTIR_LIB_IMPORT_ATTENTION_H
#define QUANTIR_LIB_IMPORT_ATTENTION_H

#include "NodeImport.h"

/// Attention and rotary embedding, as compositions of products, softmax and
/// elementwise ops, so that one set of passes serves them and the subgraphs
/// that exporters write.
namespace quantir {

//===-- Which keys a query sees (AttentionMasks.cpp) ----------------------===//

/// `addend` added to `sum`, where nothing stands for zero.
mlir::Value addTo(NodeImport &node, mlir::Value sum, mlir::Value addend);

/// 0 where `allowed`, -inf or another number elsewhere: what is added to
/// scores.
mlir::Value
biasWhere(NodeImport &node, mlir::Value allowed,
          double elsewhere = -std::numeric_limits<double>::infinity());

/// The keys around its own position that a query sees.
struct Reach {
  int64_t queries, keys;
  /// The first query's position: i64, a scalar or [B, 1, 1, 1].
  mlir::Value offset;
  bool isCausal = false;
  int64_t left = -1, right = -1; ///< -1: without end
};
/// The bias that leaves `reach`, or null when it has no end.
mlir::Value biasOf(NodeImport &node, const Reach &reach);

/// A boolean or additive mask as a bias for all `keys`; those behind its end
/// are not seen.
mlir::Value biasOfMask(NodeImport &node, mlir::Value mask, int64_t keys);

/// True in the rows of `bias` that let a query see no key; null when there is
/// no such row.
mlir::Value blindRows(NodeImport &node, mlir::Value bias);

//===-- The composition (Attention.cpp) -----------------------------------===//

mlir::Value concat(NodeImport &node, mlir::ValueRange parts, int64_t axis);

struct AttentionInputs {
  mlir::Value query, key,
      value;             ///< [B, heads, S, D], keys maybe of fewer heads
  mlir::Value bias = {}; ///< added to the scores; null for none
  double scale = 1, softcap = 0;
  int64_t scoresMode = 0; ///< see ONNX's `qk_matmul_output_mode`
  bool scoresWanted = false;
};
struct AttentionResults {
  mlir::Value output; ///< [B, heads, S, D]
  mlir::Value scores;
};
/// softmax(cap(q k^T * scale) + bias) v. Where several heads of queries share
/// one of keys, a fifth dimension of the queries broadcasts against it: no key
/// is copied.
AttentionResults attend(NodeImport &node, AttentionInputs in);

/// `[B, S, heads * D]` to `[B, heads, S, D]`, and back.
mlir::Value splitHeads(NodeImport &node, mlir::Value value, int64_t heads);
mlir::Value joinHeads(NodeImport &node, mlir::Value value);

/// Keys and values of [B, heads, S, D] fit the queries and each other.
llvm::LogicalResult checkHeads(NodeImport &node, mlir::Value query,
                               mlir::Value key, mlir::Value value);

//===-- Rotary embedding (RotaryOperators.cpp) ----------------------------===//

struct Rotation {
  mlir::Value cos, sin;
  mlir::Value positions = {}; ///< [B, S]; null: the caches are for each token
  int64_t heads = 0;          ///< of tensors of rank 3
  int64_t rotated = 0;        ///< elements of a head; 0 for all
  bool interleaved = false;   ///< pairs are neighbours, not halves
};
/// `x`, [B, S, heads * D] or [B, heads, S, D], with its pairs turned.
mlir::Value rotate(NodeImport &node, mlir::Value x, const Rotation &rotation);

} // namespace quantir

#endif // QUANTIR_LIB_IMPORT_ATTENTION_H
