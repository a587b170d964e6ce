#include "NodeFilter.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"

using namespace mlir;
using namespace quantir;

static LogicalResult add(ArrayRef<std::string> texts,
                         std::vector<llvm::Regex> &regexes, Operation *at) {
  for (const std::string &text : texts) {
    std::string problem;
    if (!regexes.emplace_back(text).isValid(problem))
      return at->emitError("'")
             << text << "' is not a regular expression: " << problem;
  }
  return success();
}

LogicalResult NodeFilter::compile(ArrayRef<std::string> ignored,
                                  ArrayRef<std::string> chosen,
                                  Operation *reportAt) {
  return success(succeeded(add(ignored, ignore, reportAt)) &&
                 succeeded(add(chosen, only, reportAt)));
}

std::optional<std::string> NodeFilter::reasonAgainst(Operation *op) {
  SmallVector<StringRef> names; // several, where nodes became one op
  op->getLoc()->walk([&](Location inner) {
    if (auto named = dyn_cast<NameLoc>(inner))
      names.push_back(named.getName());
    return WalkResult::advance();
  });
  auto matches = [&](llvm::Regex &regex) {
    return llvm::any_of(names,
                        [&](StringRef name) { return regex.match(name); });
  };
  if (llvm::any_of(ignore, matches))
    return "it is among the nodes to ignore";
  if (!only.empty() && llvm::none_of(only, matches))
    return "it is not among the nodes to quantize";
  return std::nullopt;
}
