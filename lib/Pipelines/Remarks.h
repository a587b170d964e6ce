#ifndef QUANTIR_LIB_PIPELINES_REMARKS_H
#define QUANTIR_LIB_PIPELINES_REMARKS_H

#include "quantir/Pipelines/Compile.h"

namespace quantir {

/// While it lives, the remarks that `filter` wants are diagnostics of the
/// context, in clang's words: the text, and the flag that asked for it.
class ScopedRemarks {
public:
  ScopedRemarks(mlir::MLIRContext *context, const RemarkFilter &filter);
  ~ScopedRemarks();
  ScopedRemarks(const ScopedRemarks &) = delete;
  ScopedRemarks &operator=(const ScopedRemarks &) = delete;

private:
  mlir::MLIRContext *context;
  bool enabled = false;
};

} // namespace quantir

#endif // QUANTIR_LIB_PIPELINES_REMARKS_H
