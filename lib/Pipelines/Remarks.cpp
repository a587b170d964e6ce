#include "Remarks.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

/// The flag of quant-compile that asks for remarks of this kind.
static StringRef flagFor(const remark::detail::Remark &remark) {
  switch (remark.getRemarkType()) {
  case llvm::remarks::Type::Passed:
    return "-Rpass";
  case llvm::remarks::Type::Analysis:
    return "-Rpass-analysis";
  default:
    return "-Rpass-missed";
  }
}

namespace {
class DiagnosticStreamer : public remark::detail::MLIRRemarkStreamerBase {
  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    InFlightDiagnostic diagnostic = emitRemark(remark.getLocation());
    for (const remark::detail::Remark::Arg &part : remark.getArgs()) {
      if (part.key == "Remark")
        diagnostic << part.val;
      else if (part.key == "Reason")
        diagnostic << ": " << part.val;
      else if (part.key == "Suggestion")
        diagnostic << "; " << part.val;
      else
        diagnostic << ", " << part.key << " " << part.val;
    }
    diagnostic << " [" << flagFor(remark) << "=" << remark.getCategoryName()
               << "]";
  }
};
} // namespace

/// MLIR's filter matches whole categories, clang's flags a part of them.
static std::optional<std::string> wanted(const std::string &categories) {
  if (categories.empty())
    return std::nullopt;
  return ".*(" + categories + ").*";
}

ScopedRemarks::ScopedRemarks(MLIRContext *context, const RemarkFilter &filter)
    : context(context) {
  remark::RemarkCategories categories;
  categories.passed = wanted(filter.passed);
  categories.missed = wanted(filter.missed);
  categories.failed = wanted(filter.missed);
  categories.analysis = wanted(filter.analysis);
  if (!categories.passed && !categories.missed && !categories.analysis)
    return;
  enabled = succeeded(remark::enableOptimizationRemarks(
      *context, std::make_unique<DiagnosticStreamer>(),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories));
}

ScopedRemarks::~ScopedRemarks() {
  if (enabled)
    context->setRemarkEngine(nullptr);
}
