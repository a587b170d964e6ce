#ifndef EMBED_LIMITWORK_H
#define EMBED_LIMITWORK_H

#include "mlir/Pass/Pass.h"

/// A pass that says what each product of a model costs, and refuses nodes of
/// more than `maxMacs` multiply-accumulates; 0 is no limit.
std::unique_ptr<mlir::Pass> createLimitWorkPass(int64_t maxMacs);

/// Makes it known by its name, `limit-work`.
void registerLimitWorkPass();

#endif // EMBED_LIMITWORK_H
