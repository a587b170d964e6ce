#include "FoldNode.h"

using namespace mlir;
using namespace quantir;

Value quantir::foldNode(Operation *op, OpBuilder &builder, int64_t foldBytes) {
  return op->getResult(0);
}
