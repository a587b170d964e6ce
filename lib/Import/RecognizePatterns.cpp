#include "RecognizePatterns.h"

#include "Rewrite.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "quantir/Import/Passes.h"

namespace quantir {
#define GEN_PASS_DEF_RECOGNIZEPATTERNSPASS
#include "quantir/Import/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

std::optional<double> quantir::splatOf(Value value) {
  DenseElementsAttr elements = constantOf(value);
  if (!elements || !elements.getElementType().isF32() ||
      elements.getNumElements() == 0)
    return std::nullopt;
  if (elements.isSplat())
    return elements.getSplatValue<float>();
  auto values = elements.getValues<float>();
  float first = *values.begin();
  if (!llvm::all_of(values, [&](float other) { return other == first; }))
    return std::nullopt;
  return first;
}

bool quantir::isAbout(double value, double wanted) {
  return std::abs(value - wanted) <= 2e-6 * std::abs(wanted);
}

static void flattenInto(Product &product, Value value, Value stop,
                        unsigned depth) {
  // Deeper than any exporter nests; a bound on shared subtrees.
  constexpr unsigned deepest = 6;
  if (value != stop && depth < deepest) {
    if (std::optional<double> number = splatOf(value)) {
      product.factor *= *number;
      return;
    }
    if (auto mul = value.getDefiningOp<MulOp>()) {
      flattenInto(product, mul.getLhs(), stop, depth + 1);
      flattenInto(product, mul.getRhs(), stop, depth + 1);
      return;
    }
    auto div = value.getDefiningOp<DivOp>();
    std::optional<double> divisor = div ? splatOf(div.getRhs()) : std::nullopt;
    if (divisor && *divisor != 0) {
      product.factor /= *divisor;
      flattenInto(product, div.getLhs(), stop, depth + 1);
      return;
    }
  }
  product.values.push_back(value);
}

Product quantir::flattenProduct(Value value, Value stop) {
  Product product;
  flattenInto(product, value, stop, 0);
  return product;
}

namespace {
struct RecognizePatterns
    : quantir::impl::RecognizePatternsPassBase<RecognizePatterns> {
  using RecognizePatternsPassBase::RecognizePatternsPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    populateIdentityPatterns(patterns);
    populateActivationPatterns(patterns);
    populateNormalizationPatterns(patterns, anyAxis);
    populateWeightPatterns(patterns);
    populateProductPatterns(patterns);
    populateEpiloguePatterns(patterns);
    populateHeadPatterns(patterns);
    populateChannelPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns)))) {
      getOperation().emitOpError("does not settle while patterns are sought");
      return signalPassFailure();
    }
    explainNearMatches(getOperation());
  }
};
} // namespace
