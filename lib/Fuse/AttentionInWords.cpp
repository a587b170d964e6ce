#include "quantir/Fuse/AttentionInWords.h"

#include "Quantir/LaneKind.h"

using namespace mlir;
using namespace quantir;

static constexpr int64_t kWord = 4;

static bool isWhole(int64_t bytes) { return bytes % kWord == 0; }

static bool areBytes(Value value) {
  return bytesOfElement(getStorageType(getElementTypeOrSelf(value))) == 1;
}

/// The matrices of `moved` with rows along dimension `rowDim`, for a product of
/// which `lead` are the leading dimensions.
static std::optional<MatricesInWords>
inWords(const MovedOperand &moved, ArrayRef<int64_t> lead, int64_t rowDim) {
  std::optional<StridedView::Dim> matrices = moved.view.leading(lead);
  std::optional<int64_t> rowStride = moved.view.strideOf(rowDim);
  if (!matrices || !rowStride || !isWhole(*rowStride) ||
      !isWhole(moved.view.base) || !isWhole(shapeOf(moved.source).back()))
    return std::nullopt;
  for (StridedView::Run &run : *matrices) {
    if (!isWhole(run.stride))
      return std::nullopt;
    run.stride /= kWord;
  }
  return MatricesInWords{moved.source, moved.view.base / kWord,
                         *rowStride / kWord, *matrices};
}

static std::optional<RightInWords>
rightInWords(MatmulOp product, ArrayRef<int64_t> lead,
             function_ref<bool(Operation *)> mayCross) {
  MovedOperand moved =
      followMoves(product.getRhs(), /*alongLast=*/false, mayCross);
  int64_t rank = moved.view.dims.size();
  for (int64_t rowDim : {rank - 2, rank - 1}) {
    int64_t alongRow = rowDim == rank - 1 ? rank - 2 : rank - 1;
    if (moved.view.strideOf(alongRow) != 1 ||
        !isWhole(shapeOf(product.getRhs()).take_back(2)[alongRow - rank + 2]))
      continue;
    if (std::optional<MatricesInWords> found = inWords(moved, lead, rowDim))
      return RightInWords{*found,
                          product.getTransposeRhs() == (rowDim == rank - 2)};
  }
  return std::nullopt;
}

std::optional<AttentionInWords>
AttentionInWords::of(const Attention &attention,
                     function_ref<bool(Operation *)> mayCross,
                     StringRef &reason) {
  MatmulOp scores = attention.scores, product = attention.product;
  ArrayRef<int64_t> result = shapeOf(product.getResult());
  if (shapeOf(scores.getResult()).back() > kMostKeys ||
      shapeOf(scores.getLhs()).back() > kMostKeys) {
    reason = "its rows do not fit into the memory of a workgroup";
    return std::nullopt;
  }
  for (Value operand :
       {scores.getLhs(), scores.getRhs(), product.getLhs(), product.getRhs()})
    if (!areBytes(operand)) {
      reason = "its codes are wider than bytes";
      return std::nullopt;
    }
  reason = "rows of its heads are not whole words of four codes";
  ArrayRef<int64_t> lead = result.drop_back(2);
  MovedOperand query =
      followMoves(scores.getLhs(), /*alongLast=*/true, mayCross);
  int64_t rank = query.view.dims.size();
  if (!isWhole(result.back()) || !isWhole(shapeOf(scores.getLhs()).back()) ||
      query.view.strideOf(rank - 1) != 1)
    return std::nullopt;
  std::optional<MatricesInWords> left = inWords(query, lead, rank - 2);
  std::optional<RightInWords> keys = rightInWords(scores, lead, mayCross);
  std::optional<RightInWords> values = rightInWords(product, lead, mayCross);
  if (!left || !keys || !values)
    return std::nullopt;
  reason = {};
  return AttentionInWords{*left, *keys, *values};
}
