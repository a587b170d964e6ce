#include "NodeNames.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace quantir;

static llvm::SetVector<StringRef> nodeNames(ModuleOp module) {
  llvm::SetVector<StringRef> names;
  module.walk([&](Operation *op) {
    if (isa<func::FuncOp, ConstantOp>(op)) // named after tensors
      return;
    op->getLoc()->walk([&](Location inner) {
      if (auto named = dyn_cast<NameLoc>(inner))
        names.insert(named.getName().strref());
      return WalkResult::advance();
    });
  });
  return names;
}

/// The one that `pattern` may be a slip of.
static StringRef nearest(StringRef pattern,
                         const llvm::SetVector<StringRef> &names) {
  StringRef best;
  unsigned least = UINT_MAX;
  for (StringRef name : names)
    if (unsigned distance = name.edit_distance(pattern, true, least);
        distance < least) {
      best = name;
      least = distance;
    }
  return best;
}

LogicalResult quantir::checkNodeNames(ModuleOp module, StringRef flag,
                                      ArrayRef<std::string> patterns) {
  if (patterns.empty())
    return success();
  llvm::SetVector<StringRef> names = nodeNames(module);
  LogicalResult result = success();
  for (const std::string &pattern : patterns) {
    llvm::Regex regex(pattern);
    if (llvm::any_of(names, [&](StringRef name) { return regex.match(name); }))
      continue;
    result = module.emitError()
             << flag << "=" << pattern << " matches no node; the nearest is '"
             << nearest(pattern, names)
             << "', and --compile-to=import shows all";
  }
  return result;
}
