#ifndef QUANTIR_TEST_UNIT_INTERPRET_ATTENTIONMODULE_H
#define QUANTIR_TEST_UNIT_INTERPRET_ATTENTIONMODULE_H

#include "InterpretedModel.h"

namespace quantir::test {

/// Sizes and forms of an attention. Tensors have batch, heads, rows, depth.
struct AttentionCase {
  std::string name = "";
  int64_t batch = 1, heads = 2, queries, keys, depth;
  int64_t keyHeads = 2;       ///< fewer: groups of heads share keys
  bool headsInside = false;   ///< operands and result are [B, S, H, D]
  bool transposedKeys = true; ///< keys come as [.., D, S]
  bool normalized = false;
  bool integers = false; ///< the softmax is on codes
  std::string mask = ""; ///< type of an added input
  /// A mask known at compile time: what each query sees.
  bool (*sees)(int64_t query, int64_t key) = nullptr;
  bool selects = false; ///< by select and not by addition
  float hidden = -1e30f;
};

/// A module with such an attention, in one kernel or in none yet.
std::string moduleOf(const AttentionCase &attention, bool inKernel = true);

/// Many of them.
std::vector<AttentionCase> attentionCases();

} // namespace quantir::test

#endif // QUANTIR_TEST_UNIT_INTERPRET_ATTENTIONMODULE_H
