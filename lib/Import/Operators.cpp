#include "Operators.h"

using namespace mlir;
using namespace quantir;

static llvm::StringMap<const Operator *> allOperators() {
  llvm::StringMap<const Operator *> all;
  for (auto family :
       {constantOperators, elementwiseOperators, activationOperators,
        windowOperators, productOperators, normalizationOperators,
        attentionOperators, contribAttentionOperators, rotaryOperators,
        reductionOperators, shapeOperators, selectionOperators, resizeOperators,
        quantizationOperators})
    for (const Operator &entry : family())
      all[entry.name] = &entry;
  return all;
}

const Operator *quantir::findOperator(StringRef domain, StringRef name) {
  static const llvm::StringMap<const Operator *> all = allOperators();
  bool own = domain.empty() || domain == "ai.onnx";
  return all.lookup(own ? name.str() : (domain + "." + name).str());
}
